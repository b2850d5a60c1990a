/** A schema with every kind of type that Cedar has: hierarchies, action groups, tags, listed ids, a namespace, nested and optional members. */
export const SCHEMA = `entity Org;
entity Group in [Group, Org] { rank: Long };
entity Color enum ["red", "green", "blue"];
type Prefs = { x: Long, y?: String, deep?: { a: Long, b?: Bool } };
entity User in [Group] {
  level: Long, name: String, active: Bool, score: decimal, since: datetime, span: duration, addr: ipaddr,
  flags: Set<String>, nums: Set<Long>, home: Group, color: Color, prefs: Prefs,
  boss?: User, nick?: String, limit?: decimal
} tags Long;
entity Bot in [Group] { level: Long, name: String, active: Bool, home: Group, nums: Set<Long> };
entity Doc in [Group] {
  amount: Long, title: String, open: Bool, owner: User, labels: Set<String>, nums: Set<Long>, groups: Set<Group>, group: Group,
  color: Color, price: decimal, due: datetime, life: duration, host: ipaddr, place: { x: Long, y: Long }, size: { width: Long, unit?: String },
  note?: String, fee?: decimal, editor?: User, until?: datetime
} tags String;
namespace Shop { entity Item in [Group] { amount: Long, title: String, open: Bool, labels: Set<String>, group: Group } tags Set<String>; }
action all;
action some in [all];
action read in [some] appliesTo { principal: [User, Bot], resource: [Doc, Shop::Item], context: {
  n: Long, text: String, flag: Bool, form: String, now: datetime, wait: duration, ip: ipaddr, rate: decimal, tags: Set<String>, by: User,
  arguments: { to: String, count?: Long, price?: decimal }, m?: Long, approval?: { by: User, level: Long }
} };
action write in [all] appliesTo { principal: [User, Bot], resource: [Doc], context: { n: Long, text: String, flag: Bool, tags: Set<String>, by: User, m?: Long } };
action drop appliesTo { principal: User, resource: [Doc, Shop::Item] };
`
