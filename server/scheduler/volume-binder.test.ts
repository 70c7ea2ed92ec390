// Binding of volumes that is cut short: nobody waits ten minutes for what will not come.
import { expect } from 'chai'
import type { PersistentVolumeClaim } from '../api/core.ts'
import { FakeClock } from '../apimachinery/clock.ts'
import type { Frozen, KubeObject, Stored } from '../apimachinery/types.ts'
import { FakeClient } from '../client/fake-client.ts'
import { Informers } from '../client/informers.ts'
import { pod } from './builders.ts'
import type { PodObject } from './framework.ts'
import { VolumeBinder } from './volume-binder.ts'
import { StorageCache } from './volumes.ts'

const uidOfPod = 'uid-x'

/** The binder while it writes what binds the claim of the pod; `goOn` ends the write. */
async function writing() {
  const claim = { metadata: { name: 'c', namespace: 'default', uid: 'c' }, spec: {}, status: { phase: 'Pending' } }
  const clock = new FakeClock()
  const client = new FakeClient({ persistentvolumeclaims: [claim as KubeObject] })
  const informers = new Informers(client, clock)
  const of = <T extends KubeObject>(resource: string) => informers.for<T>(resource).lister
  const storage = new StorageCache({
    volumes: of('persistentvolumes'),
    claims: of('persistentvolumeclaims'),
    classes: of('storageclasses.storage.k8s.io'),
    csiNodes: of('csinodes.storage.k8s.io'),
    csiDrivers: of('csidrivers.storage.k8s.io'),
    capacities: of('csistoragecapacities.storage.k8s.io'),
    attachments: of('volumeattachments.storage.k8s.io'),
  })
  await informers.start()
  const { promise, resolve: goOn } = Promise.withResolvers<void>()
  const update = client.update.bind(client)
  client.update = async (...call) => {
    await promise
    return update(...call)
  }
  const binder = new VolumeBinder(client, clock, storage)
  const present = storage.claim('default', 'c') as Frozen<Stored<PersistentVolumeClaim>>
  const waiting = { ...pod('x'), metadata: { name: 'x', namespace: 'default', uid: uidOfPod } } as unknown as PodObject
  const reservation = binder.reserve(waiting, { bindings: [], provisions: [present] }, 'a', 600_000)
  const outcome = reservation.bind().then(
    () => 'bound',
    (error: Error) => error.message,
  )
  return { binder, outcome, goOn, reservation }
}

describe('volume binder', () => {
  it('does not wait for a claim when it was closed during the write', async () => {
    const { binder, outcome, goOn } = await writing()
    binder.close()
    goOn()
    expect(await outcome).to.equal('binding volumes: context canceled')
  })

  it('does not wait for a claim whose pod went during the write', async () => {
    const { binder, outcome, goOn } = await writing()
    binder.sawPodGone(uidOfPod)
    goOn()
    expect(await outcome).to.equal('binding volumes: pod does not exist any more: pod "x" not found')
  })

  it('binds nothing once it is closed', async () => {
    const { binder, outcome, goOn, reservation } = await writing()
    binder.close()
    goOn()
    await outcome
    expect(
      await Promise.resolve(reservation.bind()).then(
        () => 'bound',
        (error: Error) => error.message,
      ),
    ).to.equal('context canceled')
  })
})
