// Users by client certificate.
import { expect } from 'chai'
import type { PeerCertificate } from 'node:tls'
import type { UserInfo } from '../apimachinery/types.ts'
import { clientCertificates } from './client-certificate.ts'

describe('client certificates', () => {
  const cases: { name: string; subject: object; user: Pick<UserInfo, 'name' | 'groups'> | undefined }[] = [
    { name: 'a name', subject: { CN: 'jane' }, user: { name: 'jane', groups: [] } },
    { name: 'a name and a group', subject: { CN: 'jane', O: 'dev' }, user: { name: 'jane', groups: ['dev'] } },
    {
      name: 'a name and groups',
      subject: { CN: 'jane', O: ['dev', 'ops'] },
      user: { name: 'jane', groups: ['dev', 'ops'] },
    },
    { name: 'no name', subject: { O: 'dev' }, user: undefined },
    { name: 'an empty name', subject: { CN: '' }, user: undefined },
  ]
  for (const { name, subject, user } of cases) {
    it(`with ${name} ${user === undefined ? 'are nobody' : `are ${user.name}`}`, async () => {
      const clientCertificate = { subject, fingerprint256: 'AB:CD', raw: Buffer.alloc(0) } as unknown as PeerCertificate
      const found = await clientCertificates.authenticate({ clientCertificate })
      if (user === undefined) expect(found).to.equal(undefined)
      else expect(found).to.deep.include(user)
    })
  }

  it('that are not there are for others to judge', () => {
    expect(clientCertificates.authenticate({ bearerToken: 'x' })).to.equal(undefined)
  })
})
