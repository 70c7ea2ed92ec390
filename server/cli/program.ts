// The commands and flags of `kubeling`, and what its help teaches.
import { Command, CommanderError, Option } from 'commander'
import packageFile from '../../package.json' with { type: 'json' }
import { loggingFormats, type LoggingFormat } from '../logging.ts'
import { kubernetesVersion } from '../version.ts'
import {
  parseAddress,
  parseAdmissionPlugins,
  parseAutoscale,
  parseBoolean,
  parseClock,
  parseComponents,
  parseControllers,
  parseInterval,
  parseList,
  parseMaxPods,
  parseNodes,
  parsePort,
  parsePortRange,
  parseClusterCIDR,
  parseLoadBalancerCIDR,
  parseServiceRange,
  parseVerbosity,
  parseSpeed,
  parseStep,
} from './flags.ts'
import type { ExplainFlags } from './explain-scheduling.ts'
import type { ClockChange, ClockFlags } from './clock.ts'
import type { RestoreFlags, SaveFlags } from './snapshot.ts'
import type { UpFlags } from './up.ts'

const introduction = `A Kubernetes ${kubernetesVersion} cluster in one Node process: API server, controllers, scheduler, and nodes that only pretend
to run containers. kubectl and every other client talk to it as to a real one.`

const examples = `
Examples:
  kubeling up                      a cluster with one node on https://127.0.0.1:6443, kept in ~/.kubeling/default
  kubeling up --nodes 3            the same with three nodes
  kubeling up --in-memory --port 0 a cluster that leaves nothing behind, on a free port
  kubeling up --merge-kubeconfig   kubectl uses it at once: it becomes the current context in ~/.kube/config
  kubeling up --disable=controllers,scheduler,kubelet
                                   the API server alone: what you create stays as you wrote it

Parts of a cluster (--disable leaves them out, so that you can run your own instead):
  controllers   make what you ask for: a Deployment becomes a ReplicaSet becomes Pods, endpoints follow, owners clean up
  scheduler     gives each Pod a node
  kubelet       the simulated nodes: they report themselves, and take Pods from Pending to Running and back

The data folder holds everything: objects, certificates, kubeconfig. Start again on it and all is as it was; delete it
and the cluster is gone. $KUBELING_HOME stands for ~/.kubeling. Flags named as those of kube-apiserver mean the same.`

const snapshotNotes = `
A snapshot is a picture of one moment: every object with its resourceVersion, and no history. It holds all Secrets, but not
the certificates and keys in the folder pki: copy that folder too, or the restored cluster makes new ones and earlier
kubeconfigs and service account tokens end. A checksum is verified on the way in and out. A running server gives a snapshot
to those who may get the path /debug/snapshot.

Exit codes: 2 the server cannot be reached or refuses, 3 the data folder cannot be used, 4 the snapshot is damaged or not a
snapshot, 1 everything else.`

const clockNotes = `
Everything in the cluster follows its clock: creation times, controllers, kubelets, leases, evictions, CronJobs, ttl,
tokens. What clients wait for, the times of certificates, and how long history is kept follow real time. A node whose kubelet
runs stays Ready in every step and at every speed. While time stands still, containers do not start: that takes some
milliseconds. Who may change the clock: those who may put the path /debug/clock.

Examples:
  kubeling up --clock=stopped               nothing happens by itself that takes time
  kubeling up --clock=60x                   an hour a minute
  kubeling up --clock=2030-01-01T00:00:00Z  the cluster begins at that time
  kubeling clock step 5m                    what takes five minutes, now`

function makeProgram(): Command {
  const program = new Command('kubeling')
    .description(introduction)
    .helpCommand('help [command]', 'show the help of a command')
    .helpOption('-h, --help', 'show this help')
    .configureOutput({ outputError: (text, write) => write(oneSentence(text)) })
    .exitOverride()
  program
    .command('up')
    .description('start a cluster, and keep it running until Ctrl-C')
    .addOption(new Option('--port <number>', 'where to listen; 0 picks a free port').argParser(parsePort).default(6443))
    .addOption(new Option('--secure-port <number>', 'the same as --port').argParser(parsePort).hideHelp())
    .addOption(new Option('--bind-address <ip>', 'where to listen').argParser(parseAddress).default('127.0.0.1'))
    .option('--data-dir <folder>', 'what the cluster keeps (default: ~/.kubeling/default)')
    .option('--in-memory', 'keep nothing: the cluster is gone when the process ends')
    .addOption(
      new Option(
        '--durability <how>',
        'sync: acknowledged means on disk; relaxed: faster, a power cut may lose the last writes',
      )
        .choices(['sync', 'relaxed'] as const)
        .default('sync'),
    )
    .addOption(
      new Option('--etcd-compaction-interval <duration>', 'how long history is kept, at least; 0 keeps it by size only')
        .argParser(parseInterval)
        .default(300_000, '5m'),
    )
    .addOption(new Option('--nodes <number>', 'how many simulated nodes').argParser(parseNodes).default(1))
    .addOption(
      new Option(
        '--autoscale-nodes <min:max>',
        'nodes come for pods that fit nowhere, and go when they have been empty for ten minutes; instead of --nodes',
      )
        .argParser(parseAutoscale)
        .conflicts('nodes'),
    )
    .addOption(new Option('--max-pods <number>', 'pods that each node takes').argParser(parseMaxPods).default(110))
    .addOption(
      new Option(
        '--clock <how>',
        'the time of the cluster: stopped, 60x, 2030-01-01T00:00:00Z, or two of them with a comma; see kubeling clock --help',
      ).argParser(parseClock),
    )
    .option(
      '--bare',
      "without the pods of a control plane in kube-system and other things a real cluster's installer adds",
    )
    .option('--kubeconfig <file>', 'where to write the kubeconfig (default: kubeconfig in the data folder)')
    .option('--name <name>', 'of the cluster in kubeconfigs, and of its context', 'kubeling')
    .option(
      '--merge-kubeconfig [file]',
      'add the cluster to your own kubeconfig too (default: $KUBECONFIG, else ~/.kube/config)',
    )
    .addOption(
      new Option('--disable <parts>', 'parts to leave out: controllers, scheduler, kubelet').argParser(parseComponents),
    )
    .addOption(
      new Option(
        '--controllers <names>',
        "which controllers run: '*' all, foo the one named foo, -foo not that one (default: all)",
      ).argParser(parseControllers),
    )
    .addOption(
      new Option(
        '--leader-elect [boolean]',
        'controllers and scheduler act only while they hold their Leases in kube-system (default: true; with --bare false)',
      )
        .preset('true')
        .argParser(parseBoolean),
    )
    .addOption(
      new Option(
        '--disable-admission-plugins <names>',
        'admission plugins to leave out, such as ServiceAccount',
      ).argParser(parseAdmissionPlugins),
    )
    .option(
      '--scheduler-config <file>',
      'a KubeSchedulerConfiguration: profiles, plugins and their arguments, extenders',
    )
    .option('--token-auth-file <csv>', 'static tokens: token,user,uid,"group1,group2"')
    .addOption(
      new Option('--service-cluster-ip-range <cidr>', 'addresses of Services')
        .argParser(parseServiceRange)
        .default('10.0.0.0/24'),
    )
    .addOption(
      new Option(
        '--cluster-cidr <cidr>',
        'nodes get the networks of their pods from it (default: 10.244.0.0/16; with --bare none)',
      ).argParser(parseClusterCIDR),
    )
    .addOption(
      new Option(
        '--load-balancer-cidr <cidr>',
        'addresses of LoadBalancer Services (default: 172.31.255.0/24; with --bare none, they stay pending)',
      ).argParser(parseLoadBalancerCIDR),
    )
    .addOption(
      new Option('--service-node-port-range <ports>', 'ports of NodePort Services')
        .argParser(parsePortRange)
        .default({ from: 30000, to: 32767 }, '30000-32767'),
    )
    .addOption(
      new Option(
        '--advertise-address <ip>',
        'what the Service kubernetes points to (default: the first node, 172.18.0.2)',
      ).argParser(parseAddress),
    )
    .option('--service-account-issuer <url>', 'issuer of service account tokens', 'https://kubernetes.default.svc')
    .addOption(
      new Option('--api-audiences <names>', 'audiences of service account tokens (default: the issuer)').argParser(
        parseList,
      ),
    )
    .addOption(
      new Option('--profiling [boolean]', 'CPU and heap profiles of the process, for those who may get /debug/pprof/')
        .preset('true')
        .argParser(parseBoolean)
        .default(true),
    )
    .addOption(
      new Option('-v, --v <level>', 'how much is logged: 0 what goes wrong, 3 every request besides')
        .argParser(parseVerbosity)
        .default(0),
    )
    .addOption(
      new Option('--logging-format <form>', 'of lines of the log, on standard error')
        .choices(loggingFormats)
        .default('text' satisfies LoggingFormat),
    )
    .addHelpText('after', examples)
    // Help and bad flags are answered without loading a cluster.
    .action(async (flags: UpFlags) => (await import('./up.ts')).up(flags))
  const snapshot = program
    .command('snapshot')
    .description('save everything a cluster stores to one file, and restore it')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', snapshotNotes)
  snapshot
    .command('save')
    .argument('<file>', 'where to; a file of that name is replaced')
    .description('save a cluster, while it runs or while it is stopped')
    .option('--data-dir <folder>', 'its data folder (default: ~/.kubeling/default)')
    .option('--kubeconfig <file>', 'ask the running server of this kubeconfig instead')
    .addHelpText('after', snapshotNotes)
    .action(async (file: string, flags: SaveFlags) => (await import('./snapshot.ts')).save(file, flags))
  snapshot
    .command('restore')
    .argument('<file>', 'what was saved')
    .description('make a data folder of what was saved; then: kubeling up --data-dir <folder>')
    .requiredOption('--data-dir <folder>', 'the folder; it must not hold a cluster yet')
    .addHelpText('after', snapshotNotes)
    .action(async (file: string, flags: RestoreFlags) => (await import('./snapshot.ts')).restore(file, flags))
  program
    .command('explain-scheduling <pod>')
    .description('why a pod goes where it goes, or nowhere: what each node is worth to it')
    .option('-n, --namespace <name>', 'of the pod', 'default')
    .option('--kubeconfig <file>', 'of a running cluster (default: $KUBECONFIG, else that of ~/.kubeling/default)')
    .addOption(
      new Option('-o, --output <form>', 'for people or for programs').choices(['table', 'json']).default('table'),
    )
    .action(async (pod: string, flags: ExplainFlags) =>
      (await import('./explain-scheduling.ts')).explainScheduling(pod, flags),
    )
  addClockCommands(program)
  program
    .command('version')
    .description('print the version of kubeling and of the API it serves')
    .action(() => console.log(`kubeling ${packageFile.version}\nKubernetes ${kubernetesVersion}`))
  return program
}

function addClockCommands(program: Command): void {
  const clock = program
    .command('clock')
    .description('what time it is in a running cluster; stop it, step it, speed it up')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', clockNotes)
  const add = (name: string, description: string, isDefault = false): Command =>
    clock
      .command(name, { isDefault })
      .description(description)
      .option('--kubeconfig <file>', 'of a running cluster (default: $KUBECONFIG, else that of ~/.kubeling/default)')
  const change = async (flags: ClockFlags, what?: ClockChange) => (await import('./clock.ts')).clock(flags, what)
  add('show', 'show the time and the speed', true).action((flags: ClockFlags) => change(flags))
  add('stop', 'time stands still').action((flags: ClockFlags) => change(flags, { speed: 0 }))
  add('resume', 'time goes on as it does outside').action((flags: ClockFlags) => change(flags, { speed: 1 }))
  add('speed', 'so many seconds for each one outside, such as 60')
    .argument('<factor>', 'how much faster than real time', parseSpeed)
    .action((speed: number, flags: ClockFlags) => change(flags, { speed }))
  add('step', 'move time on, and wait until the cluster has done what became due')
    .argument('<duration>', 'such as 5m or 24h', parseStep)
    .action((step: string, flags: ClockFlags) => change(flags, { step }))
}

/** Runs a command line without the interpreter and the script. Sets the exit code of the process. */
export async function main(args: readonly string[]): Promise<void> {
  const program = makeProgram()
  if (args.length === 0) {
    program.outputHelp()
    return
  }
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    process.exitCode = error.exitCode
  }
}

/** The library's texts, as the one sentence that every failure of ours is. */
function oneSentence(text: string): string {
  return `kubeling: ${text
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim()
    .replace(/\.$/, '')}\n`
}
