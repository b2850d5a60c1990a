/**
 * The example's tables. Money is in cents, as `bigint`, within what JavaScript counts exactly.
 */
export const EXPENSE_SCHEMA = `
create table public.departments (
  id integer primary key,
  name text not null
);
create table public.employees (
  id text primary key,
  name text not null,
  department_id integer not null references public.departments,
  salary bigint not null check (salary between 0 and 9007199254740991)
);
create table public.expenses (
  id text primary key,
  dept_id integer not null references public.departments,
  employee_id text not null references public.employees,
  vendor text not null,
  category text not null,
  amount bigint not null check (amount between 0 and 9007199254740991),
  currency text not null,
  iban text not null,
  status text not null check (status in ('submitted', 'approved', 'rejected', 'paid')),
  confidential boolean not null,
  investigation_note text,
  submitted_on date not null
);
create index on public.expenses (dept_id);
create index on public.expenses (employee_id);

create table public.role_members (
  employee_id text not null references public.employees,
  role text not null,
  primary key (employee_id, role)
);
create table public.department_managers (
  employee_id text not null references public.employees,
  department_id integer not null references public.departments,
  primary key (employee_id, department_id)
);
create table public.co_approvers (
  employee_id text not null references public.employees,
  department_id integer not null references public.departments,
  primary key (employee_id, department_id)
);
create table public.approval_limits (
  employee_id text primary key references public.employees,
  amount_cents bigint not null check (amount_cents between 0 and 9007199254740991)
);
`
