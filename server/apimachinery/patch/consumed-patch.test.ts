// What error texts show of a strategic merge patch.
import { expect } from 'chai'
import { typeByName } from '../../../openapi/index.ts'
import { consumedPatch } from './consumed-patch.ts'
import type { JsonObject } from './merge-patch.ts'

describe('a strategic merge patch that was applied', () => {
  const live = {
    metadata: { labels: { a: '1' } },
    spec: { containers: [{ name: 'c', image: 'i', env: [{ name: 'E', value: '1' }] }], nodeSelector: { disk: 'ssd' } },
  }
  const left = (patch: JsonObject): JsonObject => consumedPatch(live, patch, typeByName('io.k8s.api.core.v1.Pod'))

  const cases: [string, JsonObject, JsonObject][] = [
    ['has what it sets', { spec: { hostname: 'h' } }, { spec: { hostname: 'h' } }],
    ['has the nulls that delete', { metadata: { labels: { a: null } } }, { metadata: { labels: { a: null } } }],
    [
      'has no nulls where nothing was',
      { spec: { securityContext: { runAsUser: null } } },
      { spec: { securityContext: {} } },
    ],
    [
      'has no lists whose order it set',
      { spec: { '$setElementOrder/containers': [{ name: 'c' }], containers: [{ name: 'c', image: 'j' }] } },
      { spec: {} },
    ],
    [
      'has no directive to replace',
      { spec: { nodeSelector: { $patch: 'replace', a: 'b' } } },
      { spec: { nodeSelector: { a: 'b' } } },
    ],
    [
      'has its directives to delete',
      { spec: { containers: [{ name: 'c', $patch: 'delete' }] } },
      { spec: { containers: [{ name: 'c', $patch: 'delete' }] } },
    ],
    ['has no keys to retain', { spec: { $retainKeys: ['hostname'], hostname: 'h' } }, { spec: { hostname: 'h' } }],
    [
      'is so inside of list items that were there, and as sent in others',
      {
        spec: {
          containers: [
            { name: 'c', $retainKeys: ['name'] },
            { name: 'd', $retainKeys: ['name'] },
          ],
        },
      },
      { spec: { containers: [{ name: 'c' }, { name: 'd', $retainKeys: ['name'] }] } },
    ],
  ]
  for (const [name, patch, expected] of cases) it(name, () => expect(left(patch)).to.deep.equal(expected))
})
