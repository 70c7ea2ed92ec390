// Stock kubectl, the one on PATH, against a whole cluster: the first steps of every introduction.
import { expect } from 'chai'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from './command.ts'

const manifest = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: demo-backend
spec:
  replicas: 3
  selector:
    matchLabels:
      app: demo-backend
      tier: backend
  template:
    metadata:
      labels:
        app: demo-backend
        tier: backend
    spec:
      containers:
        - name: demo-backend
          image: demo-backend:latest
          ports:
            - containerPort: 8080
`

/** As a real 1.36 cluster shows it: times and ages are left out by `normalise`. */
const description = `Name:                   demo-backend
Namespace:              default
CreationTimestamp:      <date>
Labels:                 <none>
Annotations:            deployment.kubernetes.io/revision: 1
Selector:               app=demo-backend,tier=backend
Replicas:               3 desired | 3 updated | 3 total | 3 available | 0 unavailable
StrategyType:           RollingUpdate
MinReadySeconds:        0
RollingUpdateStrategy:  25% max unavailable, 25% max surge
Pod Template:
  Labels:  app=demo-backend
           tier=backend
  Containers:
   demo-backend:
    Image:         demo-backend:latest
    Port:          8080/TCP
    Host Port:     0/TCP
    Environment:   <none>
    Mounts:        <none>
  Volumes:         <none>
  Node-Selectors:  <none>
  Tolerations:     <none>
Conditions:
  Type           Status  Reason
  ----           ------  ------
  Available      True    MinimumReplicasAvailable
  Progressing    True    NewReplicaSetAvailable
OldReplicaSets:  <none>
NewReplicaSet:   demo-backend-85f597c84b (3/3 replicas created)
Events:
  Type    Reason             Age    From                   Message
  ----    ------             ----   ----                   -------
  Normal  ScalingReplicaSet  <age>  deployment-controller  Scaled up replica set demo-backend-85f597c84b from 0 to 3
`

describe('kubectl', function () {
  this.timeout(60_000)
  const folder = mkdtempSync(join(tmpdir(), 'kubeling-kubectl-'))
  const kubeconfig = join(folder, 'kubeconfig')
  let command: Command | undefined

  function kubectl(args: readonly string[], input = ''): string {
    return execFileSync('kubectl', args, {
      input,
      encoding: 'utf8',
      env: { ...process.env, KUBECONFIG: kubeconfig, HOME: folder },
    })
  }

  before(async function () {
    const { error, stdout } = spawnSync('kubectl', ['version', '--client', '-o', 'json'], { encoding: 'utf8' })
    if (error !== undefined) {
      console.log('  kubectl: skipped, there is none on PATH')
      this.skip()
    }
    const { clientVersion } = JSON.parse(stdout) as { clientVersion: { gitVersion: string } }
    console.log(`  kubectl: ${clientVersion.gitVersion}`)
    command = new Command(['up', '--in-memory', '--port', '0', '--bare', '--nodes', '3', '--kubeconfig', kubeconfig])
    await command.ready()
  })

  after(async () => {
    await command?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  it('applies a Deployment, waits for it, and describes it as it would on a real cluster', () => {
    expect(kubectl(['apply', '-f', '-'], manifest)).to.equal('deployment.apps/demo-backend created\n')
    expect(kubectl(['rollout', 'status', 'deployment', 'demo-backend', '--timeout=20s'])).to.match(
      /deployment "demo-backend" successfully rolled out\n$/,
    )
    expect(kubectl(['get', 'deployments', '--no-headers'])).to.match(/^demo-backend +3\/3 +3 +3 +\d+s\n$/)
    expect(normalise(kubectl(['describe', 'deployment', 'demo-backend']))).to.equal(normalise(description))
  })

  it('shows the pods, running on several nodes', () => {
    const rows = kubectl(['get', 'pods', '-o', 'wide', '--no-headers'])
      .trim()
      .split('\n')
      .map((row) => row.split(/ {2,}/))
    expect(rows.map(([name, ready, status]) => [name?.replace(/-\w{5}$/, ''), ready, status])).to.deep.equal(
      Array.from({ length: 3 }, () => ['demo-backend-85f597c84b', '1/1', 'Running']),
    )
    expect(new Set(rows.map((row) => row[6])).size).to.be.greaterThan(1)
  })

  it('explains, and sees no difference where there is none', () => {
    expect(kubectl(['explain', 'deployment.spec.replicas'])).to.match(/FIELD: replicas <integer>/)
    expect(kubectl(['diff', '-f', '-'], manifest)).to.equal('')
  })

  it('scales, deletes, and sees the pods go', () => {
    kubectl(['scale', 'deployment', 'demo-backend', '--replicas=1'])
    kubectl(['wait', '--for=jsonpath={.status.replicas}=1', 'deployment/demo-backend', '--timeout=20s'])
    kubectl(['delete', 'deployment', 'demo-backend'])
    kubectl(['wait', '--for=delete', 'pod', '-l', 'app=demo-backend', '--timeout=40s'])
    expect(kubectl(['get', 'pods', '--no-headers', '--ignore-not-found'])).to.equal('')
  })
})

/** Dates and ages become placeholders; columns that are as wide as an age, two blanks. */
function normalise(text: string): string {
  return text
    .replaceAll(/[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g, '<date>')
    .replaceAll(/(ScalingReplicaSet) +(?:\d+[smh]|<unknown>|<age>) +/g, '$1  <age>  ')
    .replaceAll(/(Age|----) {2,}/g, '$1  ')
}
