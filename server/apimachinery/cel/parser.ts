// Tokens into a tree. Errors are those of a generated parser: it skips or inserts one token where that helps, else it
// leaves the rule and goes on at a token that an outer rule waits for; meanwhile it reports nothing.
// Source: cel-go 0.26, parser/parser.go, parser/gen/CEL.g4; antlr4, DefaultErrorStrategy
import type { Entry, FieldInit, Node } from './ast.ts'
import { tokenize, tokenKinds } from './lexer.ts'
import type { Token, TokenKind } from './lexer.ts'
import { parseBytes, parseDouble, parseInt64, parseString, parseUint64 } from './literals.ts'
import { expandMacro } from './macros.ts'
import type { Macros } from './macros.ts'
import { CompilationError } from './source.ts'
import type { CelError } from './source.ts'

/** @throws CompilationError */
export function parse(source: string, macros: Macros): Node {
  const { tokens, errors } = tokenize(source)
  const parser = new Parser(tokens, errors, macros)
  const node = parser.start()
  if (parser.errors.length > 0) throw new CompilationError(source, parser.errors)
  return node
}

class RecognitionError extends Error {}

const primaryStart: readonly TokenKind[] = [
  ...["'['", "'{'", "'('", "'.'", "'true'", "'false'", "'null'"],
  ...['NUM_FLOAT', 'NUM_INT', 'NUM_UINT', 'STRING', 'BYTES', 'IDENTIFIER'],
]
const exprStart: ReadonlySet<TokenKind> = new Set([...primaryStart, "'-'", "'!'"])
const suffixes: readonly TokenKind[] = ["'.'", "'['"]
const relations: readonly TokenKind[] = ["'<'", "'<='", "'>='", "'>'", "'=='", "'!='", "'in'"]
const factors: readonly TokenKind[] = ["'*'", "'/'", "'%'"]
const terms: readonly TokenKind[] = ["'+'", "'-'"]
const operators: readonly TokenKind[] = [...suffixes, ...relations, ...factors, ...terms, "'&&'", "'||'", "'?'"]

const reserved = new Set(
  (
    'as break const continue else false for function if import in let loop package namespace null return true var void ' +
    'while'
  ).split(' '),
)

class Parser {
  readonly #tokens: readonly Token[]
  readonly errors: CelError[]
  readonly #macros: Macros
  #at = 0
  #isRecovering = false
  #lastRecovery = -1
  /** What the rules that are under way wait for, outermost first. */
  readonly #follows: (readonly TokenKind[])[] = []

  constructor(tokens: readonly Token[], errors: readonly CelError[], macros: Macros) {
    this.#tokens = tokens
    this.errors = [...errors]
    this.#macros = macros
  }

  start(): Node {
    const node = this.#expr(['<EOF>'])
    try {
      this.#match('<EOF>')
    } catch (error) {
      if (!(error instanceof RecognitionError)) throw error
    }
    return node
  }

  get #token(): Token {
    return this.#tokens[this.#at]!
  }

  #is(...kinds: readonly TokenKind[]): boolean {
    return kinds.includes(this.#token.kind)
  }

  #next(): Token {
    const token = this.#token
    this.#isRecovering = false
    this.#lastRecovery = -1
    if (this.#at < this.#tokens.length - 1) this.#at++
    return token
  }

  #report(message: string, token = this.#token): void {
    if (this.#isRecovering) return
    this.#isRecovering = true
    this.errors.push({ offset: token.offset, message: `Syntax error: ${message}` })
  }

  #fail(message: string): never {
    this.#report(message)
    throw new RecognitionError(message)
  }

  #mark(node: { offset: number }, message: string): Node {
    this.errors.push({ offset: node.offset, message })
    return { kind: 'literal', offset: node.offset, value: null }
  }

  /** Before a choice: a token that fits nothing is skipped if the one behind it fits. */
  #sync(expected: ReadonlySet<TokenKind> | readonly TokenKind[]): void {
    const set = new Set(expected)
    if (set.has(this.#token.kind) || this.#isRecovering) return
    if (this.#skips(set)) return
    this.#fail(`mismatched input ${quoted(this.#token)} expecting ${listed(set)}`)
  }

  #skips(expected: ReadonlySet<TokenKind>): boolean {
    const behind = this.#tokens[this.#at + 1]
    if (behind === undefined || !expected.has(behind.kind)) return false
    this.#report(`extraneous input ${quoted(this.#token)} expecting ${listed(expected)}`)
    this.#at++
    this.#isRecovering = false
    return true
  }

  /** @param then what may stand behind the token: if it stands in its place, the token is only missing */
  #match(kind: TokenKind, then: readonly TokenKind[] = []): Token {
    if (this.#is(kind)) return this.#next()
    const expected = new Set([kind])
    if (this.#skips(expected)) return this.#next()
    if (then.length > 0 && (then.includes(this.#token.kind) || this.#waitedFor().has(this.#token.kind))) {
      this.#report(`missing ${kind} at ${quoted(this.#token)}`)
      return { kind, text: '', offset: this.#token.offset }
    }
    return this.#fail(`mismatched input ${quoted(this.#token)} expecting ${listed(expected)}`)
  }

  #waitedFor(): Set<TokenKind> {
    return new Set(this.#follows.flat())
  }

  /** Runs a rule; if it fails, skips to what it or a rule around it waits for. */
  #rule(follow: readonly TokenKind[], rule: () => Node): Node {
    this.#follows.push(follow)
    try {
      return rule()
    } catch (error) {
      if (!(error instanceof RecognitionError)) throw error
      if (this.#lastRecovery === this.#at && !this.#is('<EOF>')) this.#at++
      this.#lastRecovery = this.#at
      const wanted = this.#waitedFor()
      while (!this.#is('<EOF>') && !wanted.has(this.#token.kind)) this.#at++
      return { kind: 'literal', offset: this.#token.offset, value: null }
    } finally {
      this.#follows.pop()
    }
  }

  #expr(follow: readonly TokenKind[]): Node {
    return this.#rule(follow, () => {
      const condition = this.#or(["'?'"])
      if (!this.#is("'?'")) return condition
      const operator = this.#next()
      const yes = this.#or(["':'"])
      this.#match("':'")
      return call('_?_:_', operator, [condition, yes, this.#expr([])])
    })
  }

  #or(follow: readonly TokenKind[]): Node {
    return this.#rule([...follow, "'||'"], () => this.#chain("'||'", '_||_', () => this.#and()))
  }

  #and(): Node {
    return this.#rule(["'&&'"], () => this.#chain("'&&'", '_&&_', () => this.#relation()))
  }

  #chain(kind: TokenKind, name: string, operand: () => Node): Node {
    let node = operand()
    while (this.#is(kind)) {
      const operator = this.#next()
      node = call(name, operator, [node, operand()])
    }
    return node
  }

  #relation(): Node {
    return this.#rule(relations, () => this.#binary(relations, () => this.#sum()))
  }

  #sum(): Node {
    return this.#rule([...terms, ...factors], () =>
      this.#binary(terms, () => this.#binary(factors, () => this.#unary())),
    )
  }

  #binary(kinds: readonly TokenKind[], operand: () => Node): Node {
    let node = operand()
    while (this.#is(...kinds)) {
      const operator = this.#next()
      const name = operator.text === 'in' ? '@in' : `_${operator.text}_`
      node = call(name, operator, [node, operand()])
    }
    return node
  }

  #unary(): Node {
    return this.#rule([], () => {
      this.#sync(exprStart)
      const first = this.#token
      if (this.#is("'!'")) return this.#negated("'!'", '!_', first)
      if (!this.#is("'-'")) return this.#member()
      const behind = this.#tokens[this.#at + 1]!
      if (behind.kind === 'NUM_INT' || behind.kind === 'NUM_FLOAT') return this.#member()
      if (!primaryStart.includes(behind.kind) && behind.kind !== "'-'") {
        this.#at++
        this.#report(`no viable alternative at input '-${behind.kind === '<EOF>' ? '' : behind.text}'`)
        this.#isRecovering = false
        return this.#fail(`mismatched input ${quoted(behind)} expecting ${listed(exprStart)}`)
      }
      return this.#negated("'-'", '-_', first)
    })
  }

  #negated(kind: TokenKind, name: string, first: Token): Node {
    let count = 0
    while (this.#is(kind)) {
      this.#next()
      count++
    }
    if (!primaryStart.includes(this.#token.kind) && !(kind === "'!'" && this.#is("'-'"))) {
      this.#fail(`extraneous input ${quoted(this.#token)} expecting ${listed(exprStart)}`)
    }
    const operand = this.#member()
    return count % 2 === 0 ? operand : call(name, first, [operand])
  }

  #member(): Node {
    return this.#rule(suffixes, () => {
      let node = this.#primary()
      while (this.#is(...suffixes)) node = this.#is("'['") ? this.#index(node) : this.#select(node)
      return node
    })
  }

  #index(operand: Node): Node {
    const open = this.#next()
    this.#sync([...exprStart, "'?'"])
    const isOptional = this.#is("'?'")
    if (isOptional) this.#next()
    const index = this.#expr(["']'"])
    this.#match("']'", operators)
    return call(isOptional ? '_[?_]' : '_[_]', open, [operand, index])
  }

  #select(operand: Node): Node {
    const dot = this.#next()
    const isOptional = this.#is("'?'")
    if (isOptional) this.#next()
    const name = this.#token
    if (!this.#is('IDENTIFIER', 'ESC_IDENTIFIER')) {
      const read = `.${isOptional ? '?' : ''}${name.kind === '<EOF>' ? '' : name.text}`
      this.#fail(`no viable alternative at input '${read}'`)
    }
    this.#next()
    const field = name.kind === 'IDENTIFIER' ? name.text : name.text.slice(1, -1)
    if (isOptional || name.kind === 'ESC_IDENTIFIER' || !this.#is("'('")) {
      return { kind: 'select', offset: dot.offset, operand, field, isOptional, isTest: false }
    }
    return this.#call(field, operand)
  }

  #call(name: string, target: Node | undefined): Node {
    const open = this.#next()
    this.#sync([...exprStart, "')'"])
    const args: Node[] = []
    if (!this.#is("')'")) {
      args.push(this.#expr(["','", "')'"]))
      while (this.#is("','")) {
        this.#next()
        args.push(this.#expr(["','", "')'"]))
      }
    }
    this.#match("')'", operators)
    const expanded = expandMacro(this.#macros, { name, target, args, offset: open.offset })
    if (expanded === undefined) return { kind: 'call', offset: open.offset, name, target, args }
    return 'message' in expanded ? this.#mark(expanded, expanded.message) : expanded
  }

  #primary(): Node {
    this.#sync([...primaryStart, "'-'"])
    const token = this.#token
    switch (token.kind) {
      case "'('": {
        this.#next()
        const node = this.#expr(["')'"])
        this.#match("')'", operators)
        return node
      }
      case "'['":
        return this.#list()
      case "'{'":
        return this.#map()
      case "'.'":
      case 'IDENTIFIER':
        return this.#name()
      default:
        return this.#literal()
    }
  }

  #name(): Node {
    const dot = this.#is("'.'") ? this.#next() : undefined
    if (dot !== undefined && !this.#is('IDENTIFIER')) {
      this.#fail(`no viable alternative at input '.${this.#is('<EOF>') ? '' : this.#token.text}'`)
    }
    const first = this.#token
    const struct = this.#structName()
    if (struct !== undefined) return this.#struct(struct)
    this.#next()
    const name = `${dot?.text ?? ''}${first.text}`
    const isCall = this.#is("'('")
    if (reserved.has(first.text)) {
      const error = this.#mark(dot ?? first, `reserved identifier: ${first.text}`)
      if (isCall) this.#call(first.text, undefined)
      return error
    }
    return isCall ? this.#call(name, undefined) : { kind: 'ident', offset: first.offset, name }
  }

  /** `a.b.C` if a brace follows. */
  #structName(): string | undefined {
    let end = this.#at
    while (this.#tokens[end + 1]?.kind === "'.'" && this.#tokens[end + 2]?.kind === 'IDENTIFIER') end += 2
    if (this.#tokens[end + 1]?.kind !== "'{'") return undefined
    const name = this.#tokens.slice(this.#at, end + 1).map(({ text }) => text)
    this.#at = end + 1
    return name.join('')
  }

  #struct(type: string): Node {
    const open = this.#next()
    const fields: FieldInit[] = []
    this.#sync(["'}'", "','", "'?'", 'IDENTIFIER', 'ESC_IDENTIFIER'])
    while (this.#is("'?'", 'IDENTIFIER', 'ESC_IDENTIFIER')) {
      const isOptional = this.#is("'?'")
      if (isOptional) this.#next()
      const name = this.#is('ESC_IDENTIFIER') ? this.#next().text.slice(1, -1) : this.#match('IDENTIFIER').text
      const colon = this.#match("':'")
      fields.push({ offset: colon.offset, name, value: this.#expr(["','", "'}'"]), isOptional })
      this.#sync(["'}'", "','"])
      if (!this.#is("','")) break
      this.#next()
    }
    if (this.#is("','")) this.#next()
    this.#match("'}'", operators)
    return { kind: 'struct', offset: open.offset, type, fields }
  }

  #list(): Node {
    const open = this.#next()
    const elements: Node[] = []
    const optional = new Set<number>()
    this.#sync([...exprStart, "']'", "','", "'?'"])
    while (!this.#is("']'", "','") && (this.#is("'?'") || exprStart.has(this.#token.kind))) {
      if (this.#is("'?'")) {
        this.#next()
        optional.add(elements.length)
      }
      elements.push(this.#expr(["','", "']'"]))
      this.#sync(["']'", "','"])
      if (!this.#is("','")) break
      this.#next()
    }
    if (this.#is("','")) this.#next()
    this.#match("']'", operators)
    return { kind: 'list', offset: open.offset, elements, optional }
  }

  #map(): Node {
    const open = this.#next()
    const entries: Entry[] = []
    this.#sync([...exprStart, "'}'", "','", "'?'"])
    while (!this.#is("'}'", "','") && (this.#is("'?'") || exprStart.has(this.#token.kind))) {
      const isOptional = this.#is("'?'")
      if (isOptional) this.#next()
      const key = this.#expr(["':'"])
      const colon = this.#match("':'")
      entries.push({ offset: colon.offset, key, value: this.#expr(["','", "'}'"]), isOptional })
      this.#sync(["'}'", "','"])
      if (!this.#is("','")) break
      this.#next()
    }
    if (this.#is("','")) this.#next()
    this.#match("'}'", operators)
    return { kind: 'map', offset: open.offset, entries }
  }

  #literal(): Node {
    const sign = this.#is("'-'") ? this.#next() : undefined
    const token = this.#next()
    const offset = (sign ?? token).offset
    const value = (
      read: null | boolean | bigint | number | string | Uint8Array | ReturnType<typeof parseUint64>,
      name = '',
    ): Node =>
      read === undefined ? this.#mark({ offset }, `invalid ${name} literal`) : { kind: 'literal', offset, value: read }
    switch (token.kind) {
      case 'NUM_INT':
        return value(parseInt64(token.text, sign !== undefined), 'int')
      case 'NUM_UINT':
        return value(parseUint64(token.text), 'uint')
      case 'NUM_FLOAT':
        return value(parseDouble(`${sign?.text ?? ''}${token.text}`), 'double')
      case 'STRING':
        return value(parseString(token.text))
      case 'BYTES':
        return value(parseBytes(token.text))
      case "'null'":
        return value(null)
      default:
        return value(token.kind === "'true'")
    }
  }
}

function call(name: string, { offset }: Token, args: readonly Node[]): Node {
  return { kind: 'call', offset, name, target: undefined, args }
}

function quoted({ text }: Token): string {
  return `'${text.replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')}'`
}

function listed(kinds: ReadonlySet<TokenKind>): string {
  const names = [...kinds].sort((a, b) => tokenKinds.indexOf(a) - tokenKinds.indexOf(b))
  return names.length === 1 ? names[0]! : `{${names.join(', ')}}`
}
