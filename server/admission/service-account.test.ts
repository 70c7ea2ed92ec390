// A pod gets its account, the token and the pull secrets, or is refused.
import { expect } from 'chai'
import { FakeClock } from '../apimachinery/clock.ts'
import { copy } from '../apimachinery/equality.ts'
import { FakeReader, pod, request } from './fake-cluster.ts'
import { makeServiceAccount } from './service-account.ts'

const account = (name: string, more: object = {}) => ({ metadata: { name, namespace: 'ns' }, ...more })
const readerWith = (...accounts: object[]) => new FakeReader({ serviceaccounts: accounts })
const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount'

describe('ServiceAccount', () => {
  const plugin = makeServiceAccount(new FakeClock(), () => 0)

  it('gives a pod the default account and mounts its token', () => {
    const created = request(pod('a', { initContainers: [{ name: 'i', image: 'i' }] }))
    void plugin.admit!(created, readerWith(account('default')))
    const mounts = [{ name: 'kube-api-access-bbbbb', readOnly: true, mountPath }]
    expect(created.object!['spec']).to.deep.equal({
      serviceAccountName: 'default',
      serviceAccount: 'default',
      initContainers: [{ name: 'i', image: 'i', volumeMounts: mounts }],
      containers: [{ name: 'c', image: 'nginx', volumeMounts: mounts }],
      volumes: [
        {
          name: 'kube-api-access-bbbbb',
          projected: {
            defaultMode: 420,
            sources: [
              { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
              { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
              {
                downwardAPI: {
                  items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
                },
              },
            ],
          },
        },
      ],
    })
  })

  it('mounts nothing where the pod or the account does not want it', () => {
    for (const [spec, more] of [
      [{ automountServiceAccountToken: false }, {}],
      [{}, { automountServiceAccountToken: false }],
    ]) {
      const created = request(pod('a', spec))
      void plugin.admit!(created, readerWith(account('default', more)))
      expect(created.object!['spec']).not.to.have.property('volumes')
    }
  })

  it('leaves a mount that is there alone', () => {
    const created = request(pod('a', { containers: [{ name: 'c', volumeMounts: [{ name: 'own', mountPath }] }] }))
    void plugin.admit!(created, readerWith(account('default')))
    expect(created.object!['spec']).not.to.have.property('volumes')
  })

  it('passes image pull secrets on', () => {
    const created = request(pod('a'))
    void plugin.admit!(created, readerWith(account('default', { imagePullSecrets: [{ name: 's' }] })))
    expect(created.object!['spec']).to.have.deep.property('imagePullSecrets', [{ name: 's' }])
  })

  it('refuses an account that is not there', () => {
    const created = request(pod('a', { serviceAccountName: 'x' }))
    expect(() => plugin.admit!(created, readerWith())).to.throw(
      'pods "a" is forbidden: error looking up service account ns/x: serviceaccount "x" not found',
    )
  })

  it('waits for the default account', async () => {
    const clock = new FakeClock()
    const reader = readerWith()
    const created = request(pod('a'))
    const admitting = makeServiceAccount(clock).admit!(created, reader)
    reader.add('serviceaccounts', account('default'))
    clock.step(10)
    await admitting
    expect(created.object!['spec']).to.have.property('volumes')
  })

  it('does not wait forever', async () => {
    const clock = new FakeClock()
    const admitting = Promise.resolve(makeServiceAccount(clock).admit!(request(pod('a')), readerWith())).then(
      () => 'admitted',
      (error: Error) => error.message,
    )
    for (let round = 0; round < 200; round++) {
      clock.step(10)
      await Promise.resolve()
      await Promise.resolve()
    }
    expect(await admitting).to.equal(
      'pods "a" is forbidden: error looking up service account ns/default: serviceaccount "default" not found',
    )
  })

  it('lets mirror pods name no account and no secrets', () => {
    const annotations = { 'kubernetes.io/config.mirror': 'x' }
    const mirror = (spec: object) => request(pod('a', spec, { annotations }))
    const created = mirror({})
    const before = copy(created.object)
    void plugin.admit!(created, readerWith())
    expect(created.object).to.deep.equal(before)
    const validate = (spec: object) => () => plugin.validate!(mirror(spec), readerWith())
    expect(validate({})).not.to.throw()
    expect(validate({ serviceAccountName: 'x' })).to.throw('a mirror pod may not reference service accounts')
    expect(validate({ volumes: [{ name: 'v', secret: { secretName: 's' } }] })).to.throw(
      'a mirror pod may not reference secrets',
    )
  })

  it('holds pods to the secrets of their account where it says so', () => {
    const annotations = { 'kubernetes.io/enforce-mountable-secrets': 'true' }
    const reader = readerWith({
      metadata: { name: 'default', namespace: 'ns', annotations },
      secrets: [{ name: 'mine' }],
    })
    const validate = (secretName: string) => () =>
      plugin.validate!(
        request(pod('a', { serviceAccountName: 'default', volumes: [{ name: 'v', secret: { secretName } }] })),
        reader,
      )
    expect(validate('mine')).not.to.throw()
    expect(validate('other')).to.throw(
      'volume with secret.secretName="other" is not allowed because service account default does not reference that secret',
    )
  })
})
