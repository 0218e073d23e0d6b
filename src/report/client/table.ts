// The table of packages: sorted by the heads of its columns, filtered by name, stage and kind. What was chosen holds when the
// table is replaced by a newer one.

const chosen = { name: '', stage: '', how: '', column: -1, isDescending: false }

/** Makes the table sort and filter, unless it does already. */
export function makeTable(): void {
  const table = document.querySelector<HTMLTableElement>('#package-table')
  const form = document.querySelector<HTMLFormElement>('#filters')
  if (table === null || form === null || !form.hidden) return
  form.hidden = false
  for (const [index, head] of [...(table.tHead?.rows[0]?.cells ?? [])].entries()) makeHead(table, head, index)
  for (const name of ['name', 'stage', 'how'] as const) {
    const field = form.querySelector<HTMLInputElement | HTMLSelectElement>(`#filter-${name}`)
    if (field === null) continue
    field.value = chosen[name]
    field.addEventListener('input', () => {
      chosen[name] = field.value
      filter(table, form)
    })
  }
  form.addEventListener('submit', (event) => event.preventDefault())
  if (chosen.column >= 0) sort(table)
  filter(table, form)
}

function makeHead(table: HTMLTableElement, head: HTMLTableCellElement, index: number): void {
  const button = document.createElement('button')
  button.type = 'button'
  button.textContent = head.textContent
  button.id = `sort-${index}`
  head.replaceChildren(button)
  button.addEventListener('click', () => {
    // What is largest is asked for first, where there are numbers.
    const isNumber = table.tBodies[0]?.rows[0]?.cells[index]?.dataset.sort !== undefined
    chosen.isDescending = chosen.column === index ? !chosen.isDescending : isNumber
    chosen.column = index
    sort(table)
  })
}

function sort(table: HTMLTableElement): void {
  const { column, isDescending } = chosen
  for (const [index, head] of [...(table.tHead?.rows[0]?.cells ?? [])].entries())
    if (index === column) head.setAttribute('aria-sort', isDescending ? 'descending' : 'ascending')
    else head.removeAttribute('aria-sort')
  const body = table.tBodies[0]
  if (body === undefined) return
  const rows = [...body.rows].map((row, place) => ({ row, place, key: keyOf(row.cells[column]) }))
  rows.sort((a, b) => compare(a.key, b.key, isDescending) || a.place - b.place)
  body.append(...rows.map(({ row }) => row))
}

/** A number, a text, or null where there is nothing to sort by. */
function keyOf(cell: HTMLTableCellElement | undefined): number | string | null {
  const { sort: key } = cell?.dataset ?? {}
  if (key === undefined) return cell?.textContent ?? null
  return key === '' ? null : Number(key)
}

/** What is not known comes last, whatever the direction. */
function compare(a: number | string | null, b: number | string | null, isDescending: boolean): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  const order =
    typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en')
  return isDescending ? -order : order
}

function filter(table: HTMLTableElement, form: HTMLFormElement): void {
  const rows = [...(table.tBodies[0]?.rows ?? [])]
  const name = chosen.name.trim().toLowerCase()
  let shown = 0
  for (const row of rows) {
    const fits =
      (row.cells[0]?.textContent ?? '').toLowerCase().includes(name) &&
      (chosen.stage === '' || row.dataset.stage === chosen.stage) &&
      (chosen.how === '' || row.dataset.how === chosen.how)
    row.hidden = !fits
    if (fits) shown += 1
  }
  const count = form.querySelector('output')
  if (count !== null) count.textContent = `${shown} of ${rows.length} packages`
}
