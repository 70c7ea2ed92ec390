// Answers as bytes: encodings, headers, packing.
import { expect } from 'chai'
import { gunzipSync } from 'node:zlib'
import { configMap, pod } from '../endpoints/testing.ts'
import { configMaps, TestServer } from './testing.ts'

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io'

interface Listed {
  kind: string
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number }
  items: { kind?: string; metadata: { name: string } }[]
}

describe('responses', () => {
  let server: TestServer

  before(async () => {
    server = await TestServer.start()
    await server.api.create('configmaps', configMap('a', { k: 'ü' }))
    await server.api.create('configmaps', configMap('b'))
    await server.api.create('configmaps', configMap('big', { k: 'x'.repeat(200_000) }))
    await server.api.create('pods', pod('p'))
  })

  after(() => server.close())

  const json = async <T>(path: string, accept?: string): Promise<T> =>
    JSON.parse((await server.send(path, accept === undefined ? {} : { headers: { accept } })).text) as T

  it('of an object are its stored bytes, and a newline', async () => {
    const { text, headers } = await server.send(`${configMaps}/a`)
    const { json: stored } = server.api.resources.byName('configmaps')!.store!.get('default', 'a')
    expect(text).to.equal(`${stored.toString()}\n`)
    expect(headers['content-type']).to.equal('application/json')
    expect(headers['content-length']).to.equal(String(stored.length + 1))
  })

  it('of a list have items without a kind, and the list’s own metadata', async () => {
    const list = await json<Listed>(`${configMaps}?limit=2`)
    expect(list.kind).to.equal('ConfigMapList')
    expect(list.items.map(({ metadata }) => metadata.name)).to.deep.equal(['a', 'b'])
    expect(list.items[0]).to.not.have.any.keys('kind', 'apiVersion')
    expect(list.metadata).to.include({ remainingItemCount: 1, resourceVersion: String(server.api.revision) })
    const rest = await json<Listed>(`${configMaps}?continue=${list.metadata.continue}`)
    expect(rest.items.map(({ metadata }) => metadata.name)).to.deep.equal(['big'])
  })

  it('of an empty list have no items', async () => {
    expect(await json<Listed>('/api/v1/namespaces/default/secrets')).to.deep.equal({
      kind: 'SecretList',
      apiVersion: 'v1',
      metadata: { resourceVersion: String(server.api.revision) },
      items: [],
    })
  })

  it('say the same spliced, pretty and as YAML', async () => {
    const { parse } = await import('yaml')
    for (const path of [configMaps, `${configMaps}/a`]) {
      const plain = await json(path)
      expect(await json(`${path}?pretty=true`)).to.deep.equal(plain)
      expect(parse((await server.send(path, { headers: { accept: 'application/yaml' } })).text)).to.deep.equal(plain)
    }
  })

  it('are pretty for people', async () => {
    const path = `${configMaps}/a`
    expect((await server.send(`${path}?pretty=1`)).text).to.contain('\n  "metadata": {')
    expect((await server.send(path, { headers: { 'user-agent': 'curl/8.0' } })).text).to.contain('\n  "metadata": {')
    expect((await server.send(path)).text.trimEnd()).to.not.contain('\n')
  })

  it('can be a Table, with as much of the objects as asked for', async () => {
    interface Table {
      kind: string
      columnDefinitions: { name: string }[]
      rows: { cells: unknown[]; object: { kind: string } | null }[]
    }
    const whole = await json<Table>('/api/v1/namespaces/default/pods', table)
    expect(whole.kind).to.equal('Table')
    expect(whole.columnDefinitions.map(({ name }) => name).slice(0, 5)).to.deep.equal([
      'Name',
      'Ready',
      'Status',
      'Restarts',
      'Age',
    ])
    expect(whole.rows[0]!.cells.slice(0, 4)).to.deep.equal(['p', '0/1', 'Pending', '0'])
    expect(whole.rows[0]!.object?.kind).to.equal('PartialObjectMetadata')
    const objectWith = async (include: string) =>
      (await json<Table>(`/api/v1/namespaces/default/pods/p?includeObject=${include}`, table)).rows[0]!.object
    expect(await objectWith('None')).to.equal(null)
    expect((await objectWith('Object'))?.kind).to.equal('Pod')
    expect(
      await server.refusal('/api/v1/namespaces/default/pods?includeObject=Bogus', { headers: { accept: table } }),
    ).to.equal(
      "400 BadRequest: Unable to convert to Table as requested: includeObject: Invalid value: \"Bogus\": must be 'Metadata', 'Object', 'None', or empty",
    )
  })

  it('can be metadata alone', async () => {
    const one = await json<{ kind: string }>(
      `${configMaps}/a`,
      'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
    )
    expect(one.kind).to.equal('PartialObjectMetadata')
    expect(one).to.not.have.property('data')
    const list = await json<Listed>(configMaps, 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io')
    expect(list.kind).to.equal('PartialObjectMetadataList')
    expect(list.items).to.have.length(3)
  })

  it('are not made of what cannot be accepted', async () => {
    expect(await server.refusal(configMaps, { headers: { accept: 'application/xml' } })).to.match(
      /^406 NotAcceptable: 406: Not Acceptable/,
    )
  })

  describe('above 128 KiB', () => {
    it('are packed for those who can take it', async () => {
      const plain = await server.send(`${configMaps}/big`)
      const packed = await server.send(`${configMaps}/big`, { headers: { 'accept-encoding': 'gzip' } })
      expect(packed.headers).to.include({
        'content-encoding': 'gzip',
        vary: 'Accept-Encoding',
        'content-type': 'application/json',
      })
      expect(gunzipSync(packed.bytes).equals(plain.bytes)).to.equal(true)
      expect(packed.bytes.length).to.be.lessThan(10_000)
    })

    it('are not packed for others, nor below', async () => {
      expect(
        (await server.send(`${configMaps}/big`, { headers: { 'accept-encoding': 'br' } })).headers,
      ).to.not.have.property('content-encoding')
      expect(
        (await server.send(`${configMaps}/a`, { headers: { 'accept-encoding': 'gzip' } })).headers,
      ).to.not.have.property('content-encoding')
    })

    it('go out in pieces', async () => {
      for (const name of ['big2', 'big3', 'big4'])
        await server.api.create('configmaps', configMap(name, { k: 'y'.repeat(200_000) }))
      expect((await json<Listed>(configMaps)).items.map(({ metadata }) => metadata.name)).to.include.members([
        'big',
        'big2',
        'big3',
        'big4',
      ])
    })
  })

  it('carry warnings, each once', async () => {
    const body = { ...configMap('w'), extra: 1, 'say "x"': 2 }
    const { headers } = await server.send(configMaps, { method: 'POST', body })
    expect(headers['warning']).to.equal(
      '299 - "unknown field \\"extra\\"", 299 - "unknown field \\"say \\\\\\"x\\\\\\"\\""',
    )
  })

  it('say when to come back', async () => {
    const { status, headers } = await server.send(`${configMaps}/a?resourceVersion=999999`)
    expect(status).to.equal(504)
    expect(headers['retry-after']).to.equal('1')
  })
})
