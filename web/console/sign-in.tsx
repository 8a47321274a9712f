/** Signing in with an API key. The key goes to the registry once and is not kept here. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { Problem } from '../api/problem.ts'
import { Button } from '../design/button.tsx'
import { Field } from '../design/field.tsx'
import { ProblemNote } from './parts/problem-note.tsx'
import { useFocus } from './parts/use-focus.ts'
import { useSession } from './session.tsx'

export function SignIn({ reason }: { readonly reason: string | null }): VNode {
  const { signIn } = useSession()
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const field = useFocus<HTMLInputElement>()

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const key = field.current?.value.trim() ?? ''
    if (key === '' || isBusy) return
    setBusy(true)
    setProblem(null)
    const refused = await signIn(key)
    // Signed in, this form is gone; refused, the key is better typed anew than left on the screen.
    if (refused === null) return
    if (field.current !== null) field.current.value = ''
    setProblem(refused)
    setBusy(false)
    field.current?.focus()
  }

  return (
    <main class="page sign-in" id="main" tabIndex={-1}>
      <h1>Sign in</h1>
      {reason !== null && (
        <p class="notice" role="status">
          {reason}
        </p>
      )}
      <form class="stack" onSubmit={(event) => void submit(event)}>
        <Field
          label="API key"
          hint="A key of this registry, of any role. It is sent once, and not kept in this page."
        >
          {(control) => (
            <input
              {...control}
              {...{ ref: field, name: 'key', type: 'password', required: true, spellcheck: false }}
              autocomplete="current-password"
            />
          )}
        </Field>
        <Button type="submit" kind="main" isBusy={isBusy}>
          {isBusy ? 'Signing in' : 'Sign in'}
        </Button>
      </form>
      {problem !== null && <ProblemNote problem={problem} />}
    </main>
  )
}
