// The process itself in /metrics, under the names that the client libraries of all languages share.
// Source: prometheus/client_golang, collectors.NewProcessCollector; component-base/metrics/legacyregistry (v1.36)
import { readFileSync, readdirSync } from 'node:fs'
import { Counter, Gauge, type Registry } from 'prom-client'

export function addProcessMetrics(registry: Registry): void {
  const registers = [registry]
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Total user and system CPU time spent in seconds.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage()
      this.reset()
      this.inc((user + system) / 1e6)
    },
  })
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory size in bytes.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss())
    },
  })
  new Gauge({
    name: 'process_start_time_seconds',
    help: 'Start time of the process since unix epoch in seconds.',
    registers,
  }).set(performance.timeOrigin / 1000)
  if (process.platform === 'linux') addLinuxMetrics(registers)
}

function addLinuxMetrics(registers: Registry[]): void {
  new Gauge({
    name: 'process_open_fds',
    help: 'Number of open file descriptors.',
    registers,
    collect() {
      this.set(readdirSync('/proc/self/fd').length)
    },
  })
  new Gauge({
    name: 'process_max_fds',
    help: 'Maximum number of open file descriptors.',
    registers,
    collect() {
      this.set(limitOf('Max open files'))
    },
  })
  new Gauge({
    name: 'process_virtual_memory_bytes',
    help: 'Virtual memory size in bytes.',
    registers,
    collect() {
      // The 23rd field of the file, the 21st behind the name.
      const stat = readFileSync('/proc/self/stat', 'utf8')
      this.set(Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[20]))
    },
  })
  new Gauge({
    name: 'process_virtual_memory_max_bytes',
    help: 'Maximum amount of virtual memory available in bytes.',
    registers,
    collect() {
      this.set(limitOf('Max address space'))
    },
  })
}

/** The soft one; unlimited is the largest number that there is, as Go writes it. */
function limitOf(name: string): number {
  const soft = new RegExp(`^${name}\\s+(\\S+)`, 'm').exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
  return soft === 'unlimited' ? 2 ** 64 : Number(soft)
}
