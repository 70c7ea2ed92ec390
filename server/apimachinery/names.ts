// Generated names, and the safe alphabet they are written in.
// Source: staging/src/k8s.io/apiserver/pkg/storage/names, apimachinery/pkg/util/rand (v1.36)

/** No vowels and no look-alikes, so that no words come about. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
const suffixLength = 5
const maxNameLength = 63

/** A number from 0 (included) to 1 (excluded). */
export type Random = () => number

function randomSuffix(random: Random = Math.random, length = suffixLength): string {
  let suffix = ''
  for (let at = 0; at < length; at++) suffix += alphabet[Math.floor(random() * alphabet.length)]
  return suffix
}

/** `base` and five random characters, at most 63 in all: the base is cut. */
export function generateName(base: string, random: Random = Math.random): string {
  return base.slice(0, maxNameLength - suffixLength) + randomSuffix(random)
}

/** Each character as one of the safe alphabet; the same text always gives the same. */
export function safeEncodeString(text: string): string {
  let result = ''
  for (const character of text) result += alphabet[character.codePointAt(0)! % alphabet.length]
  return result
}

/** A random source that repeats itself for the same seed (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
