// Tokens for nodes to join with go when their time is over.
// Source: kubernetes pkg/controller/bootstrap, TokenCleaner (v1.36)
import type * as core from '../../api/core.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import { remove, requeueAfter, unlessOvertaken, type Action } from '../../client/action.ts'
import { defineController, type Listers } from '../../client/controller.ts'
import { keyOf, splitKey } from '../../client/indexer.ts'
import { expiry, isToken } from './secrets.ts'

export const tokenCleaner = defineController({
  name: 'token-cleaner-controller',
  serviceAccount: 'token-cleaner',
  watches: [
    {
      resource: 'secrets',
      enqueue: ({ type, object }) =>
        type !== 'DELETED' && isToken(object as Frozen<core.Secret>) ? [keyOf(object)] : [],
    },
  ],
  reconcile,
})

function reconcile(key: string, listers: Listers, now: number): readonly Action[] {
  const { namespace, name } = splitKey(key)
  const secret = listers.of<core.Secret>('secrets').get(namespace, name)
  const until = secret === undefined ? undefined : expiry(secret, now)
  if (secret === undefined || until === undefined) return []
  if (until > now) return [requeueAfter(until - now)]
  return [
    remove('secrets', secret, {
      then: unlessOvertaken,
    }),
  ]
}
