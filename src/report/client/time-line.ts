// A time line: says what is under the pointer or has the focus, is walked through with arrow keys, and zoomed.

const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }
const MOST_ZOOM = 64

/** Makes a figure with a time line answer, unless it does already. */
export function answerPointers(figure: HTMLElement): void {
  const controls = figure.querySelector<HTMLElement>('.zoom')
  const svg = figure.querySelector<SVGSVGElement>('svg.chart')
  const detail = figure.querySelector<HTMLElement>('.detail')
  if (controls === null || svg === null || detail === null || !controls.hidden) return
  controls.hidden = false
  const bars = [...svg.querySelectorAll<SVGAElement>('a.bar')]
  const tell = (bar: SVGAElement): void => {
    detail.textContent = bar.getAttribute('aria-label')
  }
  for (const [index, bar] of bars.entries()) {
    // One of them is on the way of the tab key; the others are reached from it.
    bar.setAttribute('tabindex', index === 0 ? '0' : '-1')
    bar.addEventListener('focus', () => tell(bar))
    bar.addEventListener('pointerenter', () => tell(bar))
    bar.addEventListener('click', (event) => touch(event, bar, detail))
  }
  svg.addEventListener('keydown', (event) => walk(event, bars))
  zoomBy(controls, svg)
  new ResizeObserver(() => label(bars)).observe(svg)
}

/** In pixels: what is narrower has no room for a label. */
const NARROW = 36

function label(bars: readonly SVGAElement[]): void {
  const widths = bars.map((bar) => bar.querySelector('rect')?.getBoundingClientRect().width ?? 0)
  for (const [index, bar] of bars.entries()) bar.classList.toggle('narrow', (widths[index] ?? 0) < NARROW)
}

/** A finger has no way to hover: its first touch tells, the second one follows. */
function touch(event: MouseEvent, bar: SVGAElement, detail: HTMLElement): void {
  const isTouch = event instanceof PointerEvent && event.pointerType === 'touch'
  if (!isTouch || detail.dataset.told === bar.getAttribute('aria-label')) return
  event.preventDefault()
  detail.dataset.told = bar.getAttribute('aria-label') ?? ''
  detail.textContent = `${detail.dataset.told} (touch again to go to its row)`
}

function walk(event: KeyboardEvent, bars: readonly SVGAElement[]): void {
  const at = bars.indexOf(document.activeElement as SVGAElement)
  if (at < 0) return
  const ends: Readonly<Record<string, number>> = { Home: 0, End: bars.length - 1 }
  const step = STEPS[event.key]
  const next = bars[ends[event.key] ?? (step === undefined ? -1 : at + step)]
  if (next === undefined) return
  event.preventDefault()
  bars[at]?.setAttribute('tabindex', '-1')
  next.setAttribute('tabindex', '0')
  next.focus()
}

function zoomBy(controls: HTMLElement, svg: SVGSVGElement): void {
  let zoom = 1
  for (const button of controls.querySelectorAll<HTMLButtonElement>('button'))
    button.addEventListener('click', () => {
      const by = Number(button.dataset.zoom)
      const box = svg.parentElement
      const middle = box === null ? 0 : (box.scrollLeft + box.clientWidth / 2) / box.scrollWidth
      zoom = by === 0 ? 1 : Math.min(MOST_ZOOM, Math.max(1, zoom * by))
      svg.style.width = `${zoom * 100}%`
      if (box !== null) box.scrollLeft = middle * box.scrollWidth - box.clientWidth / 2
    })
}
