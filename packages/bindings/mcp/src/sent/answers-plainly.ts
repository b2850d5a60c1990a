/**
 * Whether a transport of either SDK generation was made to answer with plain JSON (`enableJsonResponse`, `responseMode: 'json'`): it swallows what a
 * handler says before its answer, and tells nobody.
 */
export function answersPlainly(transport: object): boolean {
  const wrapped: unknown = Reflect.get(transport, '_webStandardTransport')
  return [transport, wrapped].some(
    (one) =>
      typeof one === 'object' &&
      one !== null &&
      (Reflect.get(one, '_enableJsonResponse') === true || Reflect.get(one, '_responseMode') === 'json'),
  )
}
