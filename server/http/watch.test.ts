// A watch on the wire: frames, encodings, how it ends, and who is cut off.
import { expect } from 'chai'
import type { IncomingMessage } from 'node:http'
import { configMap, namespace, settled } from '../endpoints/testing.ts'
import { configMaps, TestServer } from './testing.ts'

interface Frame {
  type: string
  object: {
    kind: string
    metadata: { name?: string; resourceVersion: string; annotations?: object }
    rows?: { cells: unknown[] }[]
    columnDefinitions?: unknown
    code?: number
  }
}

/** Frames as they come; at most one reader at a time. */
class Frames {
  readonly message: IncomingMessage
  readonly #iterator: AsyncIterator<Buffer>
  #rest = ''
  #lines: string[] = []

  constructor(message: IncomingMessage) {
    this.message = message
    this.#iterator = (message as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  }

  async next(): Promise<Frame | undefined> {
    while (this.#lines.length === 0) {
      const { done, value } = await this.#iterator.next()
      if (done === true) return undefined
      const lines = (this.#rest + value.toString()).split('\n')
      this.#rest = lines.pop()!
      this.#lines = lines
    }
    return JSON.parse(this.#lines.shift()!) as Frame
  }

  async take(count: number): Promise<string[]> {
    const seen: string[] = []
    for (let at = 0; at < count; at++) {
      const frame = await this.next()
      seen.push(frame === undefined ? 'end' : `${frame.type} ${frame.object.metadata.name ?? ''}`)
    }
    return seen
  }
}

describe('watch on the wire', () => {
  let server: TestServer

  beforeEach(async () => {
    server = await TestServer.start()
    await server.api.create('configmaps', configMap('a', { k: 'v' }))
  })

  afterEach(() => server.close())

  const watch = async (query = '', headers = {}): Promise<Frames> =>
    new Frames(await server.open(`${configMaps}?watch=1&${query}`, { headers }))

  it('begins at once, and has one line for each event', async () => {
    const frames = await watch()
    expect(frames.message.statusCode).to.equal(200)
    expect(frames.message.headers).to.include({ 'content-type': 'application/json', 'transfer-encoding': 'chunked' })
    expect(await frames.take(1)).to.deep.equal(['ADDED a'])
    await server.api.create('configmaps', configMap('b'))
    await server.api.patch('configmaps', 'b', { data: { k: 'v' } })
    await server.api.delete('configmaps', 'b')
    expect(await frames.take(3)).to.deep.equal(['ADDED b', 'MODIFIED b', 'DELETED b'])
  })

  it('sends its head before anything happens', async () => {
    expect((await watch(`resourceVersion=${server.api.revision}`)).message.statusCode).to.equal(200)
  })

  it('shows objects as a get does', async () => {
    const frame = await (await watch()).next()
    expect(frame!.object).to.deep.equal(JSON.parse((await server.send(`${configMaps}/a`)).text))
  })

  it('has bookmarks of its kind, with nothing but a revision', async () => {
    const frames = await watch('allowWatchBookmarks=true')
    await frames.next()
    expect(await frames.next()).to.deep.equal({
      type: 'BOOKMARK',
      object: {
        kind: 'ConfigMap',
        apiVersion: 'v1',
        metadata: {
          resourceVersion: String(server.api.revision),
          annotations: { 'k8s.io/initial-events-end': 'true' },
        },
      },
    })
    await server.api.create('namespaces', namespace('elsewhere'))
    server.api.clock.step(60_000)
    expect(await frames.next()).to.deep.equal({
      type: 'BOOKMARK',
      object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { resourceVersion: String(server.api.revision) } },
    })
  })

  it('has bookmarks with the members that the kind always has', async () => {
    const deployments = '/apis/apps/v1/namespaces/default/deployments?watch=1&allowWatchBookmarks=true'
    const { object } = (await new Frames(await server.open(deployments)).next())!
    const template = { metadata: {}, spec: { containers: null } }
    expect(object).to.deep.include({ spec: { replicas: 0, selector: null, template, strategy: {} }, status: {} })
  })

  it('has rows for bookmarks', async () => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io'
    const frames = await watch('allowWatchBookmarks=true', { accept })
    await frames.next()
    const { type, object } = (await frames.next())!
    expect([type, object.rows![0]!.cells]).to.deep.equal(['BOOKMARK', ['', 0, '<unknown>']])
  })

  it('ends at the first event that cannot have the form asked for', async () => {
    const accept = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io'
    expect(await (await watch('', { accept })).next()).to.equal(undefined)
  })

  it('ends at once when its time is over before it begins', async () => {
    expect(await (await watch('timeoutSeconds=-1')).next()).to.equal(undefined)
  })

  it('ends after its time, as an answer ends', async () => {
    const frames = await watch('timeoutSeconds=5')
    await frames.next()
    server.api.clock.step(5_000)
    expect(await frames.next()).to.equal(undefined)
    expect(frames.message.complete).to.equal(true)
  })

  it('tells in the stream that a revision is too old, and ends', async () => {
    const old = server.api.revision - 1
    await server.api.create('configmaps', configMap('b'))
    await server.api.store.compact(server.api.revision)
    const frames = await watch(`resourceVersion=${old}`)
    const error = await frames.next()
    expect(error).to.deep.include({ type: 'ERROR' })
    expect(error!.object).to.include({
      kind: 'Status',
      code: 410,
      reason: 'Expired',
      message: `too old resource version: ${old} (${server.api.revision})`,
    })
    expect(await frames.next()).to.equal(undefined)
  })

  it('says what is wrong with the request before it begins', async () => {
    expect(await server.refusal(`${configMaps}?watch=1&fieldSelector=x%3D1`)).to.match(/^400 BadRequest/)
    expect((await server.send(`${configMaps}?watch=1`, { headers: { accept: 'application/yaml' } })).status).to.equal(
      406,
    )
  })

  it('can be of Tables, with the columns told once', async () => {
    const frames = await watch('', { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })
    const first = await frames.next()
    expect(first!.object.kind).to.equal('Table')
    expect(first!.object.columnDefinitions).to.have.length(3)
    expect(first!.object.rows![0]!.cells[0]).to.equal('a')
    await server.api.patch('configmaps', 'a', { data: { l: 'w' } })
    const second = await frames.next()
    expect(second!.object.columnDefinitions).to.equal(null)
    expect(second!.object.rows![0]!.cells[1]).to.equal(2)
  })

  it('can be of metadata alone', async () => {
    const frame = await (
      await watch('', { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' })
    ).next()
    expect(frame!.object).to.include({ kind: 'PartialObjectMetadata' })
    expect(frame!.object).to.not.have.property('data')
  })

  it('stops when the client goes', async () => {
    const frames = await watch()
    await frames.next()
    expect(server.api.clock.pendingTimers).to.be.greaterThan(0)
    frames.message.destroy()
    while (server.api.clock.pendingTimers > 0) await settled()
  })

  it('is one encoding for all who watch', async () => {
    const watchers = await Promise.all(
      Array.from({ length: 20 }, () => watch(`resourceVersion=${server.api.revision}`)),
    )
    await server.api.create('configmaps', configMap('b'))
    for (const frames of watchers) expect(await frames.take(1)).to.deep.equal(['ADDED b'])
  })

  describe('of a slow reader', () => {
    const mebibyte = 'x'.repeat(1024 * 1024 - 100)

    it('is cut off', async () => {
      const frames = await watch(`resourceVersion=${server.api.revision}`)
      frames.message.pause()
      const closed = new Promise<void>((resolve) => frames.message.on('close', resolve).on('error', () => {}))
      for (let at = 0; server.api.clock.pendingTimers > 0; at++) {
        expect(at).to.be.lessThan(200)
        await server.api.patch('configmaps', 'a', { data: { k: `${at}${mebibyte}` } })
        await settled()
      }
      frames.message.resume()
      await closed
      expect(frames.message.complete).to.equal(false)
      expect(server.logged).to.deep.equal([])
    })

    it('still has the whole state, however much it is', async () => {
      for (let at = 0; at < 20; at++) await server.api.create('configmaps', configMap(`big${at}`, { k: mebibyte }))
      const frames = await watch()
      expect(await frames.take(21)).to.have.length(21)
      await server.api.create('configmaps', configMap('last'))
      expect(await frames.take(1)).to.deep.equal(['ADDED last'])
    })
  })
})
