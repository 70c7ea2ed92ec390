// Recorded cases that this server does not answer as recorded, and why. Each is run all the same, and must fail: a case
// that begins to pass leaves this list.

const byReason: Readonly<Record<string, readonly string[]>> = {}

/** Group, file and case → what is missing. */
export const knownFailures: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(byReason).flatMap(([reason, names]) => names.map((name) => [name, reason])),
)
