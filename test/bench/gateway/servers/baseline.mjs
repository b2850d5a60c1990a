/** No authentication at all. */
export const create = () => ({ before: undefined })
