// Takes out of text what nobody else may know: passwords and tokens in addresses. What is left says that there was one.

const MASK = '***'

/** `user:password@` of any address; of those that are asked by HTTP or FTP also `token@`. `user@` of others is a name. */
const LOGINS: readonly RegExp[] = [
  /\b((?:https?|ftps?):\/\/)[^\s/@'"]+@/gi,
  /\b([a-z][a-z0-9+.-]*:\/\/[^\s/@:'"]*:)[^\s/@'"]*@/gi,
]

const NAME =
  '(?:pass(?:w(?:or)?d|phrase)|token|secret|api_?key|access_?key|private_?key|credentials?|signature|authorization)'

/** `?token=…`, `&X-Amz-Signature=…`. */
const PARAMETER = new RegExp(String.raw`([?&](?:[\w.-]*${NAME}[\w.-]*|sig|key|auth)=)[^&\s'"#]+`, 'gi')

/** `text` without logins in its addresses: what an address still says is where, not who. */
export const withoutLogins = (text: string): string =>
  LOGINS.reduce((rest, login) => rest.replace(login, `$1${MASK}@`), text).replace(PARAMETER, `$1${MASK}`)
