// The business as ZenStack is told of it: what its command writes for these models, each with `@@allow('read', region_id in auth().regions)` or
// `@@allow('read', true)`. Written by hand, because that command does not run on Node 20 (its parser calls `Object.groupBy`).
import { ExpressionUtils } from '@zenstackhq/schema'

const allowedWhen = (condition) => [
  {
    name: '@@allow',
    args: [
      { name: 'operation', value: ExpressionUtils.literal('read') },
      { name: 'condition', value: condition },
    ],
  },
]
const OF_THE_REGION = allowedWhen(
  ExpressionUtils.binary(
    ExpressionUtils.field('region_id'),
    'in',
    ExpressionUtils.member(ExpressionUtils.call('auth'), ['regions']),
  ),
)
const FOR_ALL = allowedWhen(ExpressionUtils.literal(true))

function model(name, columns, attributes) {
  const fields = Object.entries(columns).map(([field, type]) => [field, { name: field, type }])
  const id = { name: 'id', type: 'Int', id: true, attributes: [{ name: '@id' }] }
  return {
    name,
    fields: { id, ...Object.fromEntries(fields) },
    attributes,
    idFields: ['id'],
    uniqueFields: { id: { type: 'Int' } },
  }
}

export const schema = {
  provider: { type: 'postgresql' },
  models: {
    nations: model('nations', { name: 'String' }, FOR_ALL),
    suppliers: model('suppliers', { nation_id: 'Int', name: 'String' }, FOR_ALL),
    parts: model('parts', { name: 'String', brand: 'String', size: 'Int' }, FOR_ALL),
    customers: model(
      'customers',
      { region_id: 'Int', nation_id: 'Int', name: 'String', segment: 'String' },
      OF_THE_REGION,
    ),
    orders: model(
      'orders',
      {
        customer_id: 'Int',
        region_id: 'Int',
        status: 'String',
        total: 'Decimal',
        ordered_on: 'DateTime',
        clerk: 'String',
      },
      OF_THE_REGION,
    ),
    lines: model(
      'lines',
      {
        order_id: 'Int',
        part_id: 'Int',
        supplier_id: 'Int',
        region_id: 'Int',
        quantity: 'Int',
        price: 'Decimal',
        discount: 'Decimal',
        mode: 'String',
        shipped_on: 'DateTime',
      },
      OF_THE_REGION,
    ),
  },
  typeDefs: {
    Auth: {
      name: 'Auth',
      fields: {
        id: { name: 'id', type: 'String', attributes: [{ name: '@id' }] },
        regions: { name: 'regions', type: 'Int', array: true },
      },
      attributes: [{ name: '@@auth' }],
    },
  },
  authType: 'Auth',
  plugins: {},
}
