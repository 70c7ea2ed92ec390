// Lint rules, and the layer table: which folder of server/ may import what. hack/lint.test.ts plants violations.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Layer {
  /** Other folders of server/. */
  readonly folders: readonly string[]
  /** Third-party packages. */
  readonly packages?: readonly string[]
  /** Folders that only tests may import, and testing.ts, which builds for them. */
  readonly testFolders?: readonly string[]
}

/** Every folder may import itself, openapi/, server/version.ts, and what stands here. */
export const layers: Readonly<Record<string, Layer>> = {
  apimachinery: { folders: [] },
  api: { folders: ['apimachinery'], packages: ['@kubernetes/client-node'] },
  storage: { folders: ['apimachinery'], packages: ['level', 'sorted-btree'] },
  registry: { folders: ['storage', 'api', 'apimachinery'] },
  // The schemas of custom resources: what is judged where a definition is written, and where its objects are.
  schema: { folders: ['api', 'apimachinery'] },
  kinds: { folders: ['registry', 'schema', 'api', 'apimachinery'] },
  admission: { folders: ['registry', 'api', 'apimachinery'], packages: ['@peculiar/x509'] },
  authentication: {
    folders: ['registry', 'api', 'apimachinery'],
    packages: ['@peculiar/x509', 'reflect-metadata', 'jose'],
  },
  authorization: { folders: ['registry', 'api', 'apimachinery'] },
  bootstrap: { folders: ['api', 'apimachinery'] },
  endpoints: { folders: ['admission', 'registry', 'storage', 'api', 'apimachinery'], testFolders: ['kinds'] },
  http: {
    folders: ['authentication', 'authorization', 'endpoints', 'registry', 'storage', 'api', 'apimachinery'],
    packages: ['koa', '@koa/router', 'protobufjs', 'yaml'],
  },
  client: { folders: ['endpoints', 'registry', 'storage', 'api', 'apimachinery'] },
  apiextensions: {
    folders: ['client', 'registry', 'schema', 'storage', 'api', 'apimachinery'],
    testFolders: ['endpoints', 'kinds'],
  },
  controllers: { folders: ['client', 'api', 'apimachinery'] },
  scheduler: { folders: ['client', 'api', 'apimachinery'] },
  kubelet: { folders: ['client', 'api', 'apimachinery'] },
  // With the files of server/ itself it puts all the others together.
  cli: {
    folders: ['apimachinery', 'admission', 'authentication', 'storage'],
    packages: ['commander', '@kubernetes/client-node'],
  },
}

const testPackages = ['chai', 'fast-check', '@kubernetes/client-node']
/** Deepest folder with sources below server/<layer>/, counted from there. */
const depths = [0, 1, 2, 3]

// What can be forbidden is read from the tree: the linter's patterns know no "all but these".
const root = import.meta.dirname
const entries = readdirSync(join(root, 'server'), { withFileTypes: true })
const folders = entries.filter((one) => one.isDirectory()).map(({ name }) => name)
const rootFiles = entries.filter((one) => one.isFile() && one.name !== 'version.ts').map(({ name }) => name)
const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
  'dependencies' | 'devDependencies',
  Record<string, string>
>
const packages = Object.keys({ ...dependencies, ...devDependencies })

const unknown = folders.filter((name) => layers[name] === undefined)
if (unknown.length > 0) throw new Error(`not in the layer table of oxlint.config.ts: ${unknown.join(', ')}`)

function restrictions(layer: string, depth: number, isTest: boolean) {
  const { folders: open, packages: homes = [], testFolders = [] } = layers[layer]!
  const up = `^(?:\\.\\./){${depth + 1}}`
  const closed = folders.filter(
    (name) => name !== layer && !open.includes(name) && !(isTest && testFolders.includes(name)),
  )
  const foreign = packages.filter((name) => !homes.includes(name) && !(isTest && testPackages.includes(name)))
  const restricted = [
    {
      regex: `${up}(?:${closed.join('|')})/`,
      message: `server/${layer}/ may not import this folder: see the table in oxlint.config.ts.`,
    },
    {
      regex: `^(?:${foreign.join('|')})(?:/|$)`,
      message: `server/${layer}/ may not import this package: see the table in oxlint.config.ts.`,
    },
  ]
  if (layer === 'cli') return restricted
  return [
    ...restricted,
    {
      regex: `${up}(?:${rootFiles.join('|').replaceAll('.', '\\.')})$`,
      message: 'Only the files of server/ itself, and cli/, know the composition root.',
    },
    { regex: `${up}\\.\\./(?:hack|conformance|dist)/`, message: 'The server does not import what stands around it.' },
  ]
}

const overrides = Object.keys(layers).flatMap((layer) =>
  depths.flatMap((depth) => {
    const folder = `server/${layer}/${'*/'.repeat(depth)}`
    const rules = (isTest: boolean) => ({
      'no-restricted-imports': ['error', { patterns: restrictions(layer, depth, isTest) }],
    })
    return [
      { files: [`${folder}*.ts`], rules: rules(false) },
      { files: [`${folder}*.test.ts`, `${folder}*.contract.ts`, `${folder}testing.ts`], rules: rules(true) },
    ]
  }),
)

export default {
  plugins: ['typescript', 'import', 'unicorn', 'oxc', 'node'],
  categories: { correctness: 'error' },
  env: { node: true, es2024: true },
  ignorePatterns: ['dist/**', 'openapi/gen/**'],
  rules: {
    'import/no-cycle': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    'typescript/no-explicit-any': 'error',
    'typescript/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
    'typescript/return-await': ['error', 'in-try-catch'],
    'no-var': 'error',
    'prefer-const': 'error',
    eqeqeq: 'error',
    'no-console': 'error',
    // Interfaces here are written with methods and implemented by closures.
    'typescript/unbound-method': 'off',
    // Does not know noUncheckedIndexedAccess: an element that is taken apart may be missing.
    'typescript/no-useless-default-assignment': 'off',
    // Values from outside are put into messages as they are.
    'typescript/restrict-template-expressions': 'off',
    'typescript/no-base-to-string': 'off',
    // Strings are taken apart by code points, and lists copied that change while they are walked.
    'typescript/no-misused-spread': 'off',
    'unicorn/no-useless-spread': 'off',
    'unicorn/no-new-array': 'off',
    // An action may say what follows it, a case what is expected: never a function.
    'unicorn/no-thenable': 'off',
  },
  overrides: [
    ...overrides,
    {
      // They speak to a person.
      files: [
        'server/main.ts',
        'server/cli/**/*.ts',
        'server/options.ts',
        'hack/**/*.ts',
        'conformance/**/*.ts',
        '**/testdata/**',
      ],
      rules: { 'no-console': 'off' },
    },
  ],
}
