// What a loop of this process sends back as it got it is not read again, and nothing it may not change is changed by that.
import { expect } from 'chai'
import type { AnyObject, Frozen } from '../apimachinery/types.ts'
import { splitSentBack } from './sent-back.ts'
import { TestApi } from './testing.ts'
import { update } from './update.ts'

const podA = {
  metadata: { name: 'a', labels: { app: 'a' } },
  spec: { containers: [{ name: 'c', image: 'nginx' }] },
}

describe('splitSentBack', () => {
  let api: TestApi
  let pod: Frozen<AnyObject>
  const status = { phase: 'Running' }

  beforeEach(async () => {
    api = await TestApi.start()
    pod = await api.create('pods', podA as AnyObject)
  })

  const scopeOf = (subresource: string) => api.scope('pods', { name: 'a', subresource })
  const split = (subresource: string, value: unknown) =>
    splitSentBack(scopeOf(subresource), { value, findings: [] }, () => pod)

  it('shares what an update of the status leaves as it is', () => {
    const { body, shared } = split('status', { ...pod, status })
    expect(shared).to.deep.equal({ spec: pod['spec'] })
    expect(body.value).to.have.all.keys('kind', 'apiVersion', 'metadata', 'status')
    expect((body.value as AnyObject).metadata).not.to.have.property('managedFields')
  })

  it('reads what is equal only, or comes from a client', () => {
    const value = { ...pod, spec: { ...(pod['spec'] as object) }, status }
    expect(split('status', value).shared).to.deep.equal({})
    const sent = JSON.parse(JSON.stringify(value)) as unknown
    expect(split('status', sent).body.value).to.equal(sent)
  })

  it('reads all of an update of the object', () => {
    const value = { ...pod }
    const { body, shared } = split('', value)
    expect(body.value).to.equal(value)
    expect(body.known).to.equal(pod)
    expect(shared).to.deep.equal({})
  })

  it('makes no difference to what is stored', async () => {
    const stored = async (value: unknown): Promise<Frozen<AnyObject>> => {
      const answer = await update(api, scopeOf('status'), { value, findings: [] })
      if (answer.type !== 'entry') throw new Error(answer.type)
      return answer.entry.object
    }
    const printed = ({ metadata, ...rest }: Frozen<AnyObject>): string =>
      JSON.stringify({ ...metadata, resourceVersion: '', uid: '', ...rest })
    const shared = await stored({ ...pod, status })
    await api.delete('pods', 'a', { gracePeriodSeconds: 0 } as AnyObject)
    const second = await api.create('pods', podA as AnyObject)
    const read = await stored(JSON.parse(JSON.stringify({ ...second, status })))
    expect(printed(shared)).to.equal(printed(read))
  })
})
