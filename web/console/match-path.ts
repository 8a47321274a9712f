/** The form of an address of the console. */

/** The parameters of a path that has this form, such as `peers/:id`; null if it has another. */
export function matchPath(form: string, path: string): Readonly<Record<string, string>> | null {
  const [wanted, given] = [form.split('/'), path.split('/')]
  if (wanted.length !== given.length) return null
  const parameters: Record<string, string> = {}
  for (const [index, step] of wanted.entries()) {
    const said = given[index] ?? ''
    if (step.startsWith(':')) parameters[step.slice(1)] = decode(said)
    else if (step !== said) return null
  }
  return parameters
}

function decode(step: string): string {
  try {
    return decodeURIComponent(step)
  } catch {
    // A percent sign that begins no character: it names nothing that exists, as it is.
    return step
  }
}
