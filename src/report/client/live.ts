// A page that is served: hears when there is something new, fetches the page anew, and takes over the sections that differ. What
// was opened, chosen or has the focus stays.

/** The markup of each section as it came; what the script has done to it does not count. */
const markup = new Map<string, string>()

/** Listens for news; `enliven` is called for what has been replaced. */
export function keepLive(enliven: () => void): void {
  const status = document.querySelector<HTMLElement>('#live')
  const say = (text: string): void => {
    if (status === null || status.textContent === text) return
    status.hidden = text === ''
    status.textContent = text
  }
  let isAtIt = false
  let isAsked = false
  const update = async (): Promise<void> => {
    isAsked = true
    if (isAtIt) return
    isAtIt = true
    while (isAsked) {
      isAsked = false
      await take(enliven).then(
        () => say(''),
        () => say('What is new could not be fetched.'),
      )
    }
    isAtIt = false
  }
  const source = new EventSource('events')
  source.addEventListener('message', () => void update())
  source.addEventListener('error', () => say('The connection is lost: the page is as it was last seen.'))
}

async function take(enliven: () => void): Promise<void> {
  const answer = await fetch('.', { cache: 'no-store' })
  if (!answer.ok) throw new Error(answer.statusText)
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
  const [from, to] = [page.querySelector('#content'), document.querySelector('#content')]
  if (from === null || to === null) throw new Error('not the page')
  document.title = page.title
  for (const name of ['.state', 'nav'])
    replace(document.querySelector(`#head ${name}`), page.querySelector(`#head ${name}`))
  const focus = document.activeElement?.id
  const ids = new Set([...from.children].map(({ id }) => id))
  for (const old of [...to.children]) if (!ids.has(old.id)) old.remove()
  let before: Element | null = null
  for (const section of [...from.children]) {
    before = place(section, { to, before })
  }
  enliven()
  if (focus !== undefined && focus !== '') document.getElementById(focus)?.focus({ preventScroll: true })
}

function replace(old: Element | null, fresh: Element | null): void {
  if (old !== null && fresh !== null && old.innerHTML !== fresh.innerHTML)
    old.replaceWith(document.importNode(fresh, true))
}

/** Puts a section behind `before`, if it differs from what is there. */
function place(section: Element, { to, before }: { to: Element; before: Element | null }): Element {
  const old = document.getElementById(section.id)
  if (old !== null && markup.get(section.id) === section.outerHTML) return old
  markup.set(section.id, section.outerHTML)
  const fresh = document.importNode(section, true)
  if (old === null) {
    if (before === null) to.prepend(fresh)
    else before.after(fresh)
    return fresh
  }
  const [was, is] = [[...old.querySelectorAll('details')], [...fresh.querySelectorAll('details')]]
  for (const [index, each] of is.entries()) each.open = was[index]?.open ?? false
  old.replaceWith(fresh)
  return fresh
}
