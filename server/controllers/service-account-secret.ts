// Secrets that hold a token of a service account: how they are known, and whose they are.
export const TYPE = 'kubernetes.io/service-account-token'
/** Annotations. */
export const ACCOUNT_NAME = 'kubernetes.io/service-account.name'
export const ACCOUNT_UID = 'kubernetes.io/service-account.uid'
