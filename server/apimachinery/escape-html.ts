// Go's JSON escapes what could end a script in a page. All of it can only stand in strings and names.

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

const mustEscape = /[<>&\u2028\u2029]/
const allToEscape = new RegExp(mustEscape, 'g')

/** @param json a whole text of JSON, or a part of one. Source: Go's encoding/json, HTMLEscape */
export function escapeHTML(json: string): string {
  return mustEscape.test(json) ? json.replace(allToEscape, (character) => escapes[character]!) : json
}
