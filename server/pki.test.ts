// The certificates of a cluster: kept, renewed, never silently replaced.
import { expect } from 'chai'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DamagedPKIError, preparePKI } from './pki.ts'

const now = Date.UTC(2026, 0, 1)
const day = 24 * 60 * 60 * 1000
const names = ['localhost', '127.0.0.1']

describe('preparePKI', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kubeling-pki-'))
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  const mode = (name: string): string => (statSync(join(folder, name)).mode & 0o777).toString(8)

  it('makes an authority, a server and an admin', async () => {
    const { authority, serving, admin } = await preparePKI(undefined, names, now)
    const issuer = new X509Certificate(authority.certificate)
    for (const { certificate } of [serving, admin])
      expect(new X509Certificate(certificate).checkIssued(issuer)).to.equal(true)
    expect(new X509Certificate(serving.certificate).checkHost('localhost')).to.equal('localhost')
    expect(new X509Certificate(admin.certificate).subject.split('\n')).to.include.members([
      'O=system:masters',
      'CN=kubernetes-admin',
    ])
  })

  it('keeps them in the folder, keys for the user alone', async () => {
    const first = await preparePKI(folder, names, now)
    first.serviceAccountKeys.save('key of tokens')
    expect(readdirSync(folder).sort()).to.deep.equal([
      'admin.crt',
      'admin.key',
      'apiserver.crt',
      'apiserver.key',
      'ca.crt',
      'ca.key',
      'sa.key',
    ])
    for (const name of ['admin.key', 'apiserver.key', 'ca.key', 'sa.key']) expect(mode(name)).to.equal('600')
    const { authority, serving, admin, serviceAccountKeys } = await preparePKI(folder, names, now + day)
    expect({ authority, serving, admin }).to.deep.equal({
      authority: first.authority,
      serving: first.serving,
      admin: first.admin,
    })
    expect(serviceAccountKeys.load()).to.equal('key of tokens')
  })

  it('renews what would expire soon, under the same authority', async () => {
    const first = await preparePKI(folder, names, now)
    const later = await preparePKI(folder, names, now + 360 * day)
    expect(later.authority).to.deep.equal(first.authority)
    expect(later.serving.certificate).to.not.equal(first.serving.certificate)
    expect(later.admin.certificate).to.not.equal(first.admin.certificate)
    expect(Date.parse(new X509Certificate(later.serving.certificate).validTo)).to.be.greaterThan(now + 700 * day)
    expect((await preparePKI(folder, names, now + 360 * day)).serving).to.deep.equal(later.serving)
  })

  it('renews the server’s when it gets another name, and leaves the admin’s', async () => {
    const first = await preparePKI(folder, names, now)
    const renamed = await preparePKI(folder, [...names, 'example.com'], now)
    expect(new X509Certificate(renamed.serving.certificate).checkHost('example.com')).to.equal('example.com')
    expect(renamed.admin).to.deep.equal(first.admin)
  })

  for (const name of ['apiserver.crt', 'apiserver.key']) {
    it(`makes the server’s anew when its ${name} is lost`, async () => {
      const first = await preparePKI(folder, names, now)
      rmSync(join(folder, name))
      const again = await preparePKI(folder, names, now)
      expect(again.authority).to.deep.equal(first.authority)
      expect(again.serving.certificate).to.not.equal(first.serving.certificate)
    })
  }

  it('makes the server’s anew when its key is another', async () => {
    await preparePKI(folder, names, now)
    writeFileSync(join(folder, 'apiserver.key'), 'damaged')
    const { serving } = await preparePKI(folder, names, now)
    expect(serving.key).to.contain('PRIVATE KEY')
  })

  for (const name of ['ca.crt', 'ca.key']) {
    it(`does not go on with a damaged ${name}`, async () => {
      await preparePKI(folder, names, now)
      writeFileSync(join(folder, name), 'damaged')
      let problem: unknown
      await preparePKI(folder, names, now).catch((error: unknown) => (problem = error))
      expect(problem).to.be.instanceOf(DamagedPKIError)
      expect((problem as Error).message).to.equal(`the certificate authority in ${folder} is damaged`)
    })
  }

  for (const name of ['ca.crt', 'ca.key']) {
    it(`does not go on without its ${name}`, async () => {
      await preparePKI(folder, names, now)
      rmSync(join(folder, name))
      let problem: unknown
      await preparePKI(folder, names, now).catch((error: unknown) => (problem = error))
      expect(problem).to.be.instanceOf(DamagedPKIError)
    })
  }
})
