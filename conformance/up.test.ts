// `kubeling up` as a person runs it: what it prints, what it keeps, how it stops, and what it says when it cannot start.
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node'
import { expect } from 'chai'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, run } from './command.ts'

const bareServer = ['up', '--port', '0', '--bare', '--disable=controllers,scheduler,kubelet']

describe('kubeling up', function () {
  this.timeout(30_000)
  const folder = mkdtempSync(join(tmpdir(), 'kubeling-up-'))
  const dataDir = join(folder, 'data')
  after(() => rmSync(folder, { recursive: true }))

  function core(kubeconfig: string): CoreV1Api {
    const config = new KubeConfig()
    config.loadFromFile(kubeconfig)
    return config.makeApiClient(CoreV1Api)
  }

  it('says where it listens and what to paste, and stops within a second', async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      await using command = new Command(['up', '--port', '0', '--data-dir', dataDir])
      const url = await command.ready()
      const kubeconfig = join(dataDir, 'kubeconfig')
      expect(command.stdout).to.contain(`export KUBECONFIG=${kubeconfig}\n`)
      expect(readFileSync(kubeconfig, 'utf8')).to.contain(`server: ${url}\n`)
      if (process.platform !== 'win32') expect(statSync(kubeconfig).mode & 0o777).to.equal(0o600)

      const stoppedAt = performance.now()
      command.kill(signal)
      const { exitCode, stderr } = await command.ended()
      expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' })
      expect(performance.now() - stoppedAt).to.be.lessThan(1000)
    }
  })

  it('starts again with everything still there, after a clean stop and after being killed', async () => {
    const kubeconfig = join(dataDir, 'kubeconfig')
    const names: string[] = []
    for (const [at, signal] of (['SIGTERM', 'SIGKILL', 'SIGTERM'] as const).entries()) {
      await using command = new Command([...bareServer, '--data-dir', dataDir])
      await command.ready()
      const { items } = await core(kubeconfig).listNamespacedConfigMap({
        namespace: 'default',
        labelSelector: 'kept=yes',
      })
      expect(items.map((one) => one.metadata?.name)).to.deep.equal(names)
      const name = `kept-${at}`
      await core(kubeconfig).createNamespacedConfigMap({
        namespace: 'default',
        body: { metadata: { name, labels: { kept: 'yes' } } },
      })
      names.push(name)
      command.kill(signal)
      await command.ended()
    }
  })

  it('writes the kubeconfig where it is told to, merges it into another, and keeps nothing in memory', async () => {
    const kubeconfig = join(folder, 'own/config')
    const merged = join(folder, 'merged')
    await using command = new Command([
      ...bareServer,
      '--in-memory',
      '--kubeconfig',
      kubeconfig,
      '--merge-kubeconfig',
      merged,
    ])
    await command.ready()
    for (const file of [kubeconfig, merged]) {
      const { items } = await core(file).listNamespace()
      expect(items.map((one) => one.metadata?.name)).to.include('default')
    }
    command.kill('SIGTERM')
    await command.ended()
    // The user named this file: it stays. Ours would not.
    expect(existsSync(kubeconfig)).to.equal(true)
  })

  describe('fails with one sentence', () => {
    async function failure(args: readonly string[]): Promise<string> {
      const { exitCode, stdout, stderr } = await run(args)
      expect(exitCode).to.equal(1)
      expect(stdout).to.equal('')
      expect(stderr.split('\n')).to.have.length(2)
      return stderr
    }

    it('for a data folder that is in use', async () => {
      await using command = new Command([...bareServer, '--data-dir', dataDir])
      await command.ready()
      expect(await failure([...bareServer, '--data-dir', dataDir])).to.match(
        /^kubeling: the data folder \S+ is in use by another process/,
      )
    })

    it('for a busy port', async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      expect(await failure(['up', '--in-memory', '--port', String(port)])).to.contain(
        `kubeling: port ${port} of 127.0.0.1 is in use`,
      )
      server.close()
    })

    it('for a folder that cannot be written', async () => {
      const file = join(folder, 'file')
      writeFileSync(file, '')
      expect(await failure([...bareServer, '--data-dir', join(file, 'below')])).to.match(
        /^kubeling: \S+ cannot be written: /,
      )
    })

    it('for a damaged store', async () => {
      const damaged = join(folder, 'damaged')
      cpSync(dataDir, damaged, { recursive: true })
      writeFileSync(join(damaged, 'store/CURRENT'), 'nothing of the kind\n')
      expect(await failure([...bareServer, '--data-dir', damaged])).to.match(/^kubeling: the store in \S+ is damaged: /)
    })

    it('for a damaged certificate authority', async () => {
      const damaged = join(folder, 'damaged-authority')
      cpSync(dataDir, damaged, { recursive: true })
      writeFileSync(join(damaged, 'pki/ca.crt'), 'nothing of the kind\n')
      expect(await failure([...bareServer, '--data-dir', damaged])).to.match(
        /^kubeling: the certificate authority in \S+ is damaged; /,
      )
    })

    it('for a kubeconfig that would be lost', async () => {
      const kubeconfig = join(folder, 'precious')
      writeFileSync(kubeconfig, 'kind: Config\nclusters:\n- name: production\n')
      const says = await failure([...bareServer, '--in-memory', '--kubeconfig', kubeconfig])
      expect(says).to.contain('holds other clusters, which would be lost: use --merge-kubeconfig')
    })

    const flags: { name: string; args: string[]; says: string }[] = [
      {
        name: 'a port',
        args: ['--port', '65536'],
        says: "'65536' is invalid. It must be a whole number from 0 to 65535",
      },
      {
        name: 'a number of nodes',
        args: ['--nodes', '-1'],
        says: "'-1' is invalid. It must be a whole number from 0 to 5000",
      },
      {
        name: 'two numbers of nodes',
        args: ['--nodes', '2', '--autoscale-nodes', '1:5'],
        says: "'--autoscale-nodes <min:max>' cannot be used with option '--nodes <number>'",
      },
      {
        name: 'a part',
        args: ['--disable=controllers,nonsense'],
        says: 'nonsense is none of controllers, scheduler, kubelet',
      },
      {
        name: 'an admission plugin',
        args: ['--disable-admission-plugins=Nonsense'],
        says: 'There is no admission plugin Nonsense',
      },
      { name: 'an address', args: ['--bind-address=here'], says: "'here' is invalid. It must be an IP address" },
      {
        name: 'a range of addresses',
        args: ['--service-cluster-ip-range=10.0.0.0/30'],
        says: 'It must be an IPv4 range from /12 to /29',
      },
      { name: 'a range of ports', args: ['--service-node-port-range=9-8'], says: 'It must be a range of ports' },
      {
        name: 'a token file',
        args: ['--token-auth-file=nowhere'],
        says: 'the file nowhere of --token-auth-file cannot be used: no such file',
      },
      { name: 'an unknown flag', args: ['--nodez=3'], says: "unknown option '--nodez=3' (Did you mean --nodes?)" },
    ]
    for (const { name, args, says } of flags) {
      it(`for a bad value: ${name}`, async () => {
        expect(await failure(['up', '--in-memory', '--port', '0', ...args])).to.contain(says)
      })
    }
  })

  it('has a help that shows every flag, and how to use them', async () => {
    const { exitCode, stdout } = await run(['up', '--help'])
    expect(exitCode).to.equal(0)
    for (const text of ['--data-dir', '--token-auth-file', 'Examples:', 'kubeling up --nodes 3'])
      expect(stdout).to.contain(text)
    expect((await run([])).stdout).to.contain('Usage: kubeling')
  })
})
