// Pods whose devices are tainted: objects → actions.
import { expect } from 'chai'
import type { KubeObject, Stored } from '../apimachinery/types.ts'
import type * as core from '../api/core.ts'
import { listersOf, type Controller, type ControllerDefinition } from '../client/controller.ts'
import { deviceTaintEviction } from './device-taint-eviction.ts'
import { ago, NOW, pod, told } from './testing.ts'

const CLAIMS = 'resourceclaims.resource.k8s.io'
const SLICES = 'resourceslices.resource.k8s.io'

const user = (): Stored<core.Pod> =>
  pod({ name: 'a', node: 'n1', spec: { resourceClaims: [{ name: 'g', resourceClaimName: 'c' }] } })

const claim = (tolerations: object[] = [], reservedFor = 'uid-a'): KubeObject =>
  ({
    metadata: { name: 'c', namespace: 'default', uid: 'c' },
    status: {
      reservedFor: [{ resource: 'pods', name: 'a', uid: reservedFor }],
      allocation: { devices: { results: [{ request: 'r', driver: 'd', pool: 'p', device: 'gpu', tolerations }] } },
    },
  }) as unknown as KubeObject

const slice = (taints: object[], generation = 1): KubeObject =>
  ({
    metadata: { name: `s${generation}`, uid: `s${generation}` },
    spec: { driver: 'd', pool: { name: 'p', generation }, devices: [{ name: 'gpu', taints }] },
  }) as unknown as KubeObject

const broken = { key: 'broken', effect: 'NoExecute', timeAdded: ago(10) }

function lookWith(): (claims: KubeObject, slices: readonly KubeObject[], now?: number) => string[] {
  const { definition } = deviceTaintEviction() as Controller & { definition: ControllerDefinition }
  return (claims, slices, now = NOW) =>
    told(
      definition.reconcile(
        'default/a',
        listersOf(definition, { pods: [user()], [CLAIMS]: [claims], [SLICES]: slices }),
        now,
      ),
    )
}

describe('device-taint-eviction-controller', () => {
  const evicted = ['event DeviceTaintManagerEviction: Marking for deletion', 'patch pods/status a', 'delete pods a']

  it('takes pods from broken devices', () => {
    expect(lookWith()(claim(), [slice([broken])])).to.deep.equal(evicted)
  })

  it('leaves pods alone whose devices are fine, tolerated, or reserved for others', () => {
    const look = lookWith()
    expect(look(claim(), [slice([{ ...broken, effect: 'NoSchedule' }])])).to.deep.equal([])
    expect(look(claim([{ operator: 'Exists', effect: 'NoExecute' }]), [slice([broken])])).to.deep.equal([])
    expect(look(claim([], 'other'), [slice([broken])])).to.deep.equal([])
    expect(look(claim(), [slice([broken], 1), slice([], 2)])).to.deep.equal([])
  })

  it('waits for as long as the taint is tolerated, and changes its mind when it goes', () => {
    const look = lookWith()
    const tolerant = claim([{ key: 'broken', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 }])
    expect(look(tolerant, [slice([broken])])).to.deep.equal(['requeueAfter 20000'])
    expect(look(tolerant, [slice([])])).to.deep.equal(['event DeviceTaintManagerEviction: Cancelling deletion'])
    expect(look(tolerant, [slice([broken])], NOW + 20_000)).to.deep.equal(evicted)
  })
})
