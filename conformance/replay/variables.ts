// `${name}` in the requests of a case: the namespace, and what earlier answers said.

export type Variables = Readonly<Record<string, unknown>>

/** Puts the variables in, in names of fields too; a string that is nothing but one becomes the value itself. */
export function fill(value: unknown, variables: Variables): unknown {
  if (typeof value === 'string') {
    const whole = /^\$\{(\w+)\}$/.exec(value)?.[1]
    return whole !== undefined && Object.hasOwn(variables, whole) ? variables[whole] : fillText(value, variables)
  }
  if (Array.isArray(value)) return value.map((one) => fill(one, variables))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [fillText(key, variables), fill(one, variables)]))
}

/** What is no text is put in as JSON. Unknown names stay. */
export function fillText(text: string, variables: Variables): string {
  return text.replaceAll(/\$\{(\w+)\}/g, (found, name: string) => {
    const one = Object.hasOwn(variables, name) ? variables[name] : found
    return typeof one === 'string' ? one : JSON.stringify(one)
  })
}
