// Image names, and what the simulated runtime makes of them.
import { expect } from 'chai'
import { seededRandom } from '../apimachinery/names.ts'
import { parseImageName, SimulatedRuntime } from './runtime.ts'

describe('parseImageName', () => {
  const cases: [string, string, string, string][] = [
    ['nginx', 'docker.io', 'library/nginx', 'latest'],
    ['nginx:1.29', 'docker.io', 'library/nginx', '1.29'],
    ['bitnami/redis', 'docker.io', 'bitnami/redis', 'latest'],
    ['registry.k8s.io/pause:3.10.2', 'registry.k8s.io', 'pause', '3.10.2'],
    ['localhost:5000/a/b', 'localhost:5000', 'a/b', 'latest'],
    ['localhost/a', 'localhost', 'a', 'latest'],
  ]
  for (const [text, registry, repository, tag] of cases) {
    it(`reads ${text}`, () => expect(parseImageName(text)).to.deep.equal({ registry, repository, tag }))
  }

  it('reads a digest', () => expect(parseImageName('nginx@sha256:abc').digest).to.equal('sha256:abc'))
})

describe('SimulatedRuntime', () => {
  it('names images and containers as containerd does', () => {
    const runtime = new SimulatedRuntime(seededRandom(1))
    expect(runtime.image('nginx').image).to.equal('docker.io/library/nginx:latest')
    expect(runtime.image('nginx').imageID).to.match(/^docker\.io\/library\/nginx@sha256:[0-9a-f]{64}$/)
    expect(runtime.image('nginx')).to.deep.equal(new SimulatedRuntime(seededRandom(2)).image('nginx'))
    expect(runtime.newContainerID()).to.match(/^containerd:\/\/[0-9a-f]{64}$/)
  })

  it('remembers what was pulled', () => {
    const runtime = new SimulatedRuntime(seededRandom(1))
    expect(runtime.isPresent('nginx')).to.equal(false)
    runtime.pulled('nginx')
    expect(runtime.isPresent('nginx')).to.equal(true)
    expect(runtime.images()).to.have.length(1)
  })
})
