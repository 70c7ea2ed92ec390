import { KubeConfig } from '@kubernetes/client-node'
import { expect } from 'chai'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { kubeconfigText, mergeKubeconfig, userKubeconfigPath, type KubeconfigOptions } from './kubeconfig.ts'

const options: KubeconfigOptions = {
  url: 'https://127.0.0.1:6443',
  authority: 'authority',
  admin: { certificate: 'certificate', key: 'key' },
  name: 'kubeling',
}

describe('kubeconfig', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubeling-kubeconfig-'))
  after(() => rmSync(folder, { recursive: true }))

  function read(text: string): KubeConfig {
    const config = new KubeConfig()
    config.loadFromString(text)
    return config
  }

  it('is what a client reads', () => {
    const config = read(kubeconfigText(options))
    expect(config.getCurrentCluster()).to.deep.include({ name: 'kubeling', server: 'https://127.0.0.1:6443', caData: 'YXV0aG9yaXR5' })
    expect(config.getCurrentUser()).to.deep.include({ name: 'kubeling-admin', certData: 'Y2VydGlmaWNhdGU=', keyData: 'a2V5' })
  })

  it('is merged into a file that is not there yet, which only its owner may read', async () => {
    const path = join(folder, 'new/config')
    await mergeKubeconfig(path, options)
    expect(parse(readFileSync(path, 'utf8'))).to.deep.equal(parse(kubeconfigText(options)))
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).to.equal(0o600)
  })

  it('is merged into a file in which everything else stays, and replaces an earlier one of its name', async () => {
    const path = join(folder, 'config')
    writeFileSync(path, kubeconfigText({ ...options, name: 'other', url: 'https://example.com' }))
    await mergeKubeconfig(path, { ...options, url: 'https://127.0.0.1:1' })
    await mergeKubeconfig(path, options)
    const config = read(readFileSync(path, 'utf8'))
    expect(config.getClusters().map(({ name, server }) => [name, server])).to.deep.equal([
      ['other', 'https://example.com'],
      ['kubeling', 'https://127.0.0.1:6443'],
    ])
    expect(config.getUsers().map(({ name }) => name)).to.deep.equal(['other-admin', 'kubeling-admin'])
    expect(config.getCurrentContext()).to.equal('kubeling')
  })

  it('is not merged into a file of another kind', async () => {
    const path = join(folder, 'pod.yaml')
    writeFileSync(path, 'kind: Pod\n')
    const failure = await mergeKubeconfig(path, options).then(() => undefined, (error: unknown) => error)
    expect(failure).to.be.an('error').with.property('message', `${path} is not a kubeconfig: its kind is not Config`)
    expect(readFileSync(path, 'utf8')).to.equal('kind: Pod\n')
  })

  it('goes where kubectl writes: the first of $KUBECONFIG', () => {
    expect(userKubeconfigPath({ KUBECONFIG: process.platform === 'win32' ? 'a;b' : 'a:b' })).to.equal('a')
    expect(userKubeconfigPath({})).to.match(/[\\/]\.kube[\\/]config$/)
  })
})
