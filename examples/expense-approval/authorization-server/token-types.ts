/** An OAuth access token (RFC 8693 section 3). */
export const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token'

/** Any JWT (RFC 8693 section 3); here the actor token. */
export const JWT_TYPE = 'urn:ietf:params:oauth:token-type:jwt'
