import type { ExtensionType } from './entity.ts'

/** The type of an attribute, as the policy's schema declares it. */
export type AttributeType =
  | { readonly is: 'boolean' | 'long' | 'string' }
  | { readonly is: 'extension'; readonly type: ExtensionType }
  | { readonly is: 'entity'; readonly entity: string }
  | { readonly is: 'set'; readonly of: AttributeType }
  | { readonly is: 'record' }

/** What the policy's schema says about the entities of one type. */
export interface EntityDeclaration {
  readonly attributes: ReadonlyMap<string, { readonly type: AttributeType; readonly required: boolean }>
  /** The types that an entity of this type may be in, at any distance. */
  readonly above: ReadonlySet<string>
}

/** Every entity type that the schema declares, by its name with its namespace. */
export type EntityDeclarations = ReadonlyMap<string, EntityDeclaration>
