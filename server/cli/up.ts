// `kubeling up`: starts a cluster, says how to reach it, and stops it when told to.
import { readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { tokenFile } from '../authentication/token-file.ts'
import { startCluster, type Cluster } from '../cluster.ts'
import { holdsOthers, mergeKubeconfig, userKubeconfigPath, writeKubeconfig } from '../kubeconfig.ts'
import { podsPerNode, type ClusterOptions, type ComponentName } from '../options.ts'
import type { LoggingFormat } from '../logging.ts'
import { schedulerConfigurationOf } from '../scheduler-configuration.ts'
import { kubernetesVersion } from '../version.ts'
import { explain, Failure, readFailure, type Asked } from './failure.ts'
import { defaultDataDir, home } from './home.ts'
import { settle } from './settle.ts'
import { boundYoungGeneration } from './young-generation.ts'

export interface UpFlags {
  readonly port: number
  readonly securePort?: number
  readonly bindAddress: string
  readonly dataDir?: string
  readonly inMemory?: true
  readonly durability: 'sync' | 'relaxed'
  readonly etcdCompactionInterval: number
  readonly nodes: number
  readonly maxPods: number
  readonly autoscaleNodes?: { readonly min: number; readonly max: number }
  readonly clock?: { readonly startMs?: number; readonly speed?: number }
  readonly bare?: true
  readonly kubeconfig?: string
  readonly name: string
  /** True: into the file kubectl uses. */
  readonly mergeKubeconfig?: string | true
  readonly disable?: readonly ComponentName[]
  readonly controllers?: readonly string[]
  readonly leaderElect?: boolean
  readonly disableAdmissionPlugins?: readonly string[]
  readonly schedulerConfig?: string
  readonly tokenAuthFile?: string
  readonly serviceClusterIpRange: string
  readonly clusterCidr?: string
  readonly loadBalancerCidr?: string
  readonly serviceNodePortRange: { readonly from: number; readonly to: number }
  readonly advertiseAddress?: string
  readonly serviceAccountIssuer: string
  readonly apiAudiences?: readonly string[]
  readonly profiling: boolean
  readonly v: number
  readonly loggingFormat: LoggingFormat
}

/** A stop that takes longer ends the process anyway: what was acknowledged is on disk. */
const stopWithinMs = 900

/** Returns once the cluster runs; it then lives on by its sockets. A failure is printed and becomes the exit code 1. */
export async function up(flags: UpFlags): Promise<void> {
  const options = clusterOptions(flags)
  const asked: Asked = { port: options.port, bindAddress: flags.bindAddress, dataDir: options.dataDir }
  const stopping = new Stopping()
  boundYoungGeneration()
  try {
    checkMaxPods(options)
    if (flags.tokenAuthFile !== undefined) checkTokenFile(flags.tokenAuthFile)
    if (flags.kubeconfig !== undefined) await checkKubeconfig(flags.kubeconfig)
    const schedulerConfiguration = readSchedulerConfiguration(flags.schedulerConfig)
    const cluster = await startCluster({
      ...options,
      ...(schedulerConfiguration !== undefined && { schedulerConfiguration }),
    })
    stopping.closes(() => cluster.close())
    const path = kubeconfigPath(flags, options, cluster.port)
    try {
      await publish(cluster, path, flags)
    } catch (error) {
      await cluster.close()
      throw error
    }
    if (flags.inMemory && flags.kubeconfig === undefined) stopping.forgets(path)
    announce(cluster, path, options.dataDir)
    settle()
  } catch (error) {
    const sentence = explain(error, asked)
    if (sentence === undefined) console.error('kubeling: this should not have happened:', error)
    else console.error(`kubeling: ${sentence}`)
    process.exit(1)
  }
}

function clusterOptions(flags: UpFlags): ClusterOptions & { port: number } {
  return {
    port: flags.securePort ?? flags.port,
    bindAddress: flags.bindAddress,
    durability: flags.durability,
    compactionIntervalMs: flags.etcdCompactionInterval,
    nodes: flags.nodes,
    maxPods: flags.maxPods,
    ...(flags.autoscaleNodes === undefined ? {} : { autoscaleNodes: flags.autoscaleNodes }),
    bare: flags.bare ?? false,
    name: flags.name,
    serviceClusterIPRange: flags.serviceClusterIpRange,
    serviceNodePortRange: flags.serviceNodePortRange,
    serviceAccountIssuer: flags.serviceAccountIssuer,
    profiling: flags.profiling,
    verbosity: flags.v,
    loggingFormat: flags.loggingFormat,
    ...(flags.clusterCidr === undefined ? {} : { clusterCIDR: flags.clusterCidr }),
    ...(flags.loadBalancerCidr === undefined ? {} : { loadBalancerCIDR: flags.loadBalancerCidr }),
    ...(flags.inMemory ? {} : { dataDir: resolve(flags.dataDir ?? defaultDataDir()) }),
    ...(flags.clock === undefined ? {} : { clock: flags.clock }),
    ...(flags.disable === undefined ? {} : { disable: flags.disable }),
    ...(flags.controllers === undefined ? {} : { controllers: flags.controllers }),
    ...(flags.leaderElect === undefined ? {} : { leaderElect: flags.leaderElect }),
    ...(flags.disableAdmissionPlugins === undefined ? {} : { disableAdmissionPlugins: flags.disableAdmissionPlugins }),
    ...(flags.tokenAuthFile === undefined ? {} : { tokenAuthFile: flags.tokenAuthFile }),
    ...(flags.advertiseAddress === undefined ? {} : { advertiseAddress: flags.advertiseAddress }),
    ...(flags.apiAudiences === undefined ? {} : { apiAudiences: flags.apiAudiences }),
  }
}

/** Clusters in memory may run side by side, so their files are told apart by the port. */
function kubeconfigPath(flags: UpFlags, { dataDir }: ClusterOptions, port: number): string {
  if (flags.kubeconfig !== undefined) return resolve(flags.kubeconfig)
  return dataDir === undefined ? join(home(), 'in-memory', `${port}.kubeconfig`) : join(dataDir, 'kubeconfig')
}

function checkMaxPods(options: ClusterOptions): void {
  try {
    podsPerNode(options)
  } catch (error) {
    throw new Failure(`--max-pods is too large: ${(error as Error).message}`, { cause: error })
  }
}

function checkTokenFile(path: string): void {
  try {
    tokenFile(path)
  } catch (error) {
    throw new Failure(`the file ${path} of --token-auth-file cannot be used: ${readFailure(error)}`, { cause: error })
  }
}

/** Checked before anything is started: what is wrong with it is told with the name of the file. */
function readSchedulerConfiguration(path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  try {
    const text = readFileSync(path, 'utf8')
    schedulerConfigurationOf(text)
    return text
  } catch (error) {
    throw new Failure(`the file ${path} of --scheduler-config cannot be used: ${readFailure(error)}`, { cause: error })
  }
}

/** A file of the user's own is not for us to replace. */
async function checkKubeconfig(path: string): Promise<void> {
  const isOthers = await holdsOthers(path, 'kubeling').catch((error: unknown) => {
    throw new Failure(`the file ${path} of --kubeconfig cannot be used: ${readFailure(error)}`, { cause: error })
  })
  if (isOthers)
    throw new Failure(`${path} holds other clusters, which would be lost: use --merge-kubeconfig ${path} instead`)
}

async function publish(cluster: Cluster, path: string, { mergeKubeconfig: merge }: UpFlags): Promise<void> {
  writeKubeconfig(path, cluster.kubeconfig)
  if (merge === undefined) return
  const theirs = merge === true ? userKubeconfigPath() : resolve(merge)
  try {
    await mergeKubeconfig(theirs, cluster.kubeconfigOptions)
  } catch (error) {
    throw new Failure(`the cluster cannot be merged into ${theirs}: ${readFailure(error)}`, { cause: error })
  }
}

function announce(cluster: Cluster, path: string, dataDir: string | undefined): void {
  const seconds = (performance.now() / 1000).toFixed(2)
  const nodes = `${cluster.nodes} ${cluster.nodes === 1 ? 'node' : 'nodes'}`
  console.log(`kubeling serves Kubernetes ${kubernetesVersion} on ${cluster.url}, ${nodes}, ready after ${seconds} s
data: ${dataDir ?? 'in memory, gone when this process ends'}

  ${pasteLine(path)}

Paste that line into another terminal, then: kubectl get nodes. Ctrl-C stops the cluster.`)
}

function pasteLine(path: string): string {
  if (process.platform === 'win32') return `$env:KUBECONFIG = '${path.replaceAll("'", "''")}'`
  const isPlain = /^[\w@%+=:,./-]+$/.test(path)
  return `export KUBECONFIG=${isPlain ? path : `'${path.replaceAll("'", `'\\''`)}'`}`
}

/** Signals, and errors that nobody caught. */
class Stopping {
  #close: () => Promise<void> = async () => {}
  #file: string | undefined
  #isStopping = false

  constructor() {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void this.#stop(0))
    process.on('uncaughtException', (error) => {
      console.error('kubeling: stops after an error that nobody caught, please report it:', error)
      void this.#stop(1)
    })
    // A promise that nobody waited for has failed; the state of the cluster does not hang on it.
    process.on('unhandledRejection', (reason) => {
      console.error('kubeling: goes on after an error that nobody caught, please report it:', reason)
    })
    // Whoever read our output may go away before us.
    process.stdout.on('error', () => {})
    process.stderr.on('error', () => {})
  }

  closes(close: () => Promise<void>): void {
    this.#close = close
  }

  /** A file that is of no use without this process. */
  forgets(file: string): void {
    this.#file = file
  }

  async #stop(exitCode: number): Promise<void> {
    // The second signal is from someone who does not want to wait.
    if (this.#isStopping) process.exit(1)
    this.#isStopping = true
    setTimeout(() => {
      console.error('kubeling: not everything stopped in time')
      process.exit(1)
    }, stopWithinMs).unref()
    if (this.#file !== undefined) rmSync(this.#file, { force: true })
    await this.#close()
    process.exit(exitCode)
  }
}
