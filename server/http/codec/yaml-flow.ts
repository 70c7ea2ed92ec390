// A text that begins with a brace or a bracket, as go-yaml's parser goes through it: what it finds wrong with a cut or
// crooked piece of JSON, and where the document ends, behind which it does not look.
// Source: go.yaml.in/yaml v2.4.3, parserc.go, yaml_parser_parse_flow_mapping_key and the like

export type Flow =
  /** What is behind belongs to no document that is read. */
  { readonly end: number } | { readonly problem: string }

/** Undefined for what is no plain flow of scalars, lists and mappings: others know better. */
export function readFlow(text: string): Flow | undefined {
  const reader = new FlowReader(text)
  try {
    return { end: reader.document() }
  } catch (error) {
    if (error instanceof Problem) return { problem: error.message }
    if (error instanceof Unread) return undefined
    throw error
  }
}

class Problem extends Error {}
class Unread extends Error {}

const noContent = 'did not find expected node content'
const closers: Readonly<Record<string, string>> = { '{': '}', '[': ']' }

class FlowReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  document(): number {
    if (closers[this.#next()] === undefined) throw new Unread()
    this.#node()
    const end = this.#at
    if (this.#next() === ':') throw new Unread()
    return end
  }

  /** The next character that is no blank; empty at the end. */
  #next(): string {
    while (/\s/.test(this.#text[this.#at] ?? 'x')) this.#at++
    return this.#text[this.#at] ?? ''
  }

  #fail(what: string): never {
    const before = this.#text.slice(0, this.#at)
    const lines = before.split('\n')
    // The end of the text counts as the beginning of a line.
    const isForced = this.#at >= this.#text.length && lines.at(-1) !== ''
    const line = lines.length - 1 + (isForced ? 1 : 0)
    throw new Problem(`yaml: ${line === 0 ? '' : `line ${line}: `}${what}`)
  }

  #node(): void {
    const first = this.#next()
    if (closers[first] !== undefined) return this.#collection(first)
    if (first === '"' || first === "'") return this.#quoted(first)
    if (first === '' || ',:]}'.includes(first)) this.#fail(noContent)
    if ('&*!|>%@`#?'.includes(first)) throw new Unread()
    this.#plain()
  }

  #collection(open: string): void {
    const close = closers[open]!
    this.#at++
    for (let isFirst = true; ; isFirst = false) {
      if (this.#next() === close) break
      if (!isFirst) {
        if (this.#next() !== ',') this.#fail(`did not find expected ',' or '${close}'`)
        this.#at++
        if (this.#next() === close) break
      }
      this.#node()
      if (this.#next() === ':') this.#value(close)
    }
    this.#at++
  }

  #value(close: string): void {
    this.#at++
    const next = this.#next()
    if (next !== ',' && next !== close) this.#node()
  }

  #quoted(quote: string): void {
    const pattern = quote === '"' ? /"(?:\\[^]|[^"\\])*"/y : /'(?:''|[^'])*'/y
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match === null) throw new Unread()
    this.#at += match[0].length
  }

  #plain(): void {
    const pattern = /(?:[^\s,[\]{}:#]|:(?![\s,[\]{}]|$)|(?<!\s)#| (?![\s#]))+/y
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match === null) throw new Unread()
    this.#at += match[0].length
  }
}
