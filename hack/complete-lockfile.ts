// Completes package-lock.json with the builds for other platforms. A registry mirror may lack those; npm then leaves them
// out of the lock file, and `npm ci` refuses a lock file in which an optional dependency is missing, on every machine.
import { readFileSync, writeFileSync } from 'node:fs'

interface LockedPackage {
  readonly version?: string
  readonly dev?: boolean
  readonly engines?: Record<string, string>
  readonly license?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

interface LockedBuild extends LockedPackage {
  readonly optional: true
  readonly os: readonly string[]
  readonly cpu: readonly string[]
  readonly libc?: readonly string[]
}

const file = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, LockedPackage> }

for (const owner of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`
    if (lock.packages[path] === undefined) lock.packages[path] = buildOf(owner, name, version)
  }
}
const byPath = ([a]: [string, unknown], [b]: [string, unknown]): number => a.localeCompare(b, 'en')
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(byPath))
writeFileSync(file, JSON.stringify(lock, null, 2) + '\n')

/** `@oxlint/binding-linux-arm64-musl` says by its name where it runs. No checksum: nobody has seen the file. */
function buildOf(owner: LockedPackage, name: string, version: string): LockedBuild {
  const match =
    /(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|x64|ia32|ppc64|riscv64|s390x)(?:-(\w+))?$/.exec(name)
  if (match === null) throw new Error(`the name of ${name} does not say for which platform it is`)
  const [, os = '', cpu = '', abi = ''] = match
  const libc =
    os !== 'linux' ? undefined : abi.startsWith('musl') ? 'musl' : abi.startsWith('gnu') ? 'glibc' : undefined
  return {
    version,
    cpu: [cpu],
    ...(owner.dev === true ? { dev: true } : {}),
    ...(libc === undefined ? {} : { libc: [libc] }),
    ...(owner.license === undefined ? {} : { license: owner.license }),
    optional: true,
    os: [os],
    ...(owner.engines === undefined ? {} : { engines: owner.engines }),
  }
}
