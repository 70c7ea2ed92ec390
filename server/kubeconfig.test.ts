// kubeconfig files: ours, and the user's with ours in it.
import { expect } from 'chai'
import { KubeConfig } from '@kubernetes/client-node'
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { parse, stringify } from 'yaml'
import {
  holdsOthers,
  kubeconfigText,
  mergeKubeconfig,
  userKubeconfigPath,
  writeKubeconfig,
  type KubeconfigOptions,
} from './kubeconfig.ts'

interface Config {
  clusters: { name: string; cluster: { server: string } }[]
  users: { name: string }[]
  contexts: { name: string; context: object }[]
  'current-context': string
}

const ours: KubeconfigOptions = {
  url: 'https://127.0.0.1:6443',
  authority: 'authority',
  admin: { certificate: 'certificate', key: 'key' },
  name: 'kubeling',
}

const theirs = {
  apiVersion: 'v1',
  kind: 'Config',
  preferences: { colors: true },
  clusters: [{ name: 'prod', cluster: { server: 'https://prod', extensions: [{ name: 'x', extension: { a: 1 } }] } }],
  users: [{ name: 'me', user: { exec: { command: 'login', args: ['--long', 'value'] } } }],
  contexts: [{ name: 'prod', context: { cluster: 'prod', user: 'me', namespace: 'mine' } }],
  'current-context': 'prod',
  extensions: [{ name: 'theirs', extension: { b: 2 } }],
}

describe('kubeconfig', () => {
  let folder: string
  let path: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kubeling-kubeconfig-'))
    path = join(folder, '.kube', 'config')
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  const read = (): typeof theirs & Config => parse(readFileSync(path, 'utf8')) as typeof theirs & Config
  const mode = (): string => (statSync(path).mode & 0o777).toString(8)

  it('is understood by the official client', () => {
    const config = new KubeConfig()
    config.loadFromString(kubeconfigText({ ...ours, name: 'a: "name"' }))
    expect(config.getCurrentCluster()).to.include({
      name: 'a: "name"',
      server: ours.url,
      caData: Buffer.from('authority').toString('base64'),
    })
    expect(config.getCurrentUser()).to.include({
      certData: Buffer.from('certificate').toString('base64'),
      keyData: Buffer.from('key').toString('base64'),
    })
  })

  it('says the same alone and merged into nothing', async () => {
    await mergeKubeconfig(path, ours)
    expect(read()).to.deep.equal(parse(kubeconfigText(ours)))
  })

  it('is for the user alone to read, and leaves no other file', async () => {
    writeKubeconfig(path, kubeconfigText(ours))
    expect(mode()).to.equal('600')
    expect(readdirSync(join(folder, '.kube'))).to.deep.equal(['config'])
    rmSync(path)
    writeFileSync(path, stringify(theirs), { mode: 0o644 })
    await mergeKubeconfig(path, ours)
    expect(mode()).to.equal('600')
  })

  it('keeps all that is there, and makes ours the current one', async () => {
    mkdirSync(join(folder, '.kube'))
    writeFileSync(path, stringify(theirs))
    await mergeKubeconfig(path, ours)
    const merged = read()
    expect(merged.clusters).to.have.length(2)
    expect(merged.clusters[0]).to.deep.equal(theirs.clusters[0])
    expect(merged.users[0]).to.deep.equal(theirs.users[0])
    expect(merged.contexts[0]).to.deep.equal(theirs.contexts[0])
    expect(merged).to.deep.include({
      preferences: theirs.preferences,
      extensions: theirs.extensions,
      'current-context': 'kubeling',
    })
  })

  it('replaces an earlier one of the same name', async () => {
    await mergeKubeconfig(path, ours)
    await mergeKubeconfig(path, { ...ours, url: 'https://127.0.0.1:7443' })
    const merged = read()
    expect(merged.clusters.map(({ name, cluster }) => [name, cluster.server])).to.deep.equal([
      ['kubeling', 'https://127.0.0.1:7443'],
    ])
    expect(merged.users).to.have.length(1)
    expect(merged.contexts).to.have.length(1)
  })

  it('follows a link to where the file is', async () => {
    const actual = join(folder, 'actual')
    writeFileSync(actual, stringify(theirs))
    mkdirSync(join(folder, '.kube'))
    symlinkSync(actual, path)
    await mergeKubeconfig(path, ours)
    expect(lstatSync(path).isSymbolicLink()).to.equal(true)
    expect((parse(readFileSync(actual, 'utf8')) as Config).clusters).to.have.length(2)
  })

  for (const [name, text] of [
    ['is empty', ''],
    [
      'has lists that are null',
      'apiVersion: v1\nkind: Config\nclusters: null\nusers: null\ncontexts: null\ncurrent-context: ""\n',
    ],
  ] as const) {
    it(`is merged into a file that ${name}`, async () => {
      mkdirSync(join(folder, '.kube'))
      writeFileSync(path, text)
      await mergeKubeconfig(path, ours)
      expect(read()['current-context']).to.equal('kubeling')
      expect(read().clusters).to.have.length(1)
    })
  }

  for (const [name, text] of [
    ['another kind', 'kind: Pod\n'],
    ['a word', 'hello\n'],
  ] as const) {
    it(`leaves a file alone that is ${name}`, async () => {
      mkdirSync(join(folder, '.kube'))
      writeFileSync(path, text)
      let message = ''
      await mergeKubeconfig(path, ours).catch((error: Error) => (message = error.message))
      expect(message).to.equal(`${path} is not a kubeconfig: its kind is not Config`)
      expect(readFileSync(path, 'utf8')).to.equal(text)
    })
  }

  it('knows whether others are in it', async () => {
    expect(await holdsOthers(path, 'kubeling')).to.equal(false)
    await mergeKubeconfig(path, ours)
    expect(await holdsOthers(path, 'kubeling')).to.equal(false)
    await mergeKubeconfig(path, { ...ours, name: 'second' })
    expect(await holdsOthers(path, 'kubeling')).to.equal(true)
  })

  it('is where kubectl would look', () => {
    expect(userKubeconfigPath({})).to.equal(join(homedir(), '.kube', 'config'))
    expect(userKubeconfigPath({ KUBECONFIG: '' })).to.equal(join(homedir(), '.kube', 'config'))
    expect(userKubeconfigPath({ KUBECONFIG: ['', '/a', '/b'].join(delimiter) })).to.equal('/a')
  })
})
