/** Asking once before an act, from anywhere in the console, naming its effect. */
import { type ComponentChildren, createContext, type VNode } from 'preact'
import { useContext, useState } from 'preact/hooks'
import { Button } from '../../design/button.tsx'
import { Dialog } from '../../design/dialog.tsx'

export type Question = {
  readonly title: string
  /** What will be so afterwards. */
  readonly effect: ComponentChildren
  /** What the button says that does it: a verb, never "OK". */
  readonly act: string
  /** Marks what cannot be taken back. */
  readonly isDangerous?: boolean
}

type Ask = (question: Question) => Promise<boolean>

const AskContext = createContext<Ask>(async () => false)

/** Asks in a dialog; true if the person does it. */
export function useAsk(): Ask {
  return useContext(AskContext)
}

type Asked = Question & { readonly answer: (isWanted: boolean) => void }

export function AskProvider({ children }: { readonly children: ComponentChildren }): VNode {
  const [asked, setAsked] = useState<Asked | null>(null)
  const ask: Ask = (question) =>
    new Promise((resolve) => {
      const answer = (isWanted: boolean): void => {
        setAsked(null)
        resolve(isWanted)
      }
      setAsked({ ...question, answer })
    })
  return (
    <AskContext.Provider value={ask}>
      {children}
      {asked !== null && <AskDialog {...asked} />}
    </AskContext.Provider>
  )
}

function AskDialog({ title, effect, act, isDangerous = false, answer }: Asked): VNode {
  return (
    <Dialog title={title} onClose={() => answer(false)}>
      <div class="stack">{effect}</div>
      <div class="dialog-acts">
        <Button onClick={() => answer(false)}>Leave it as it is</Button>
        <Button kind={isDangerous ? 'danger' : 'main'} onClick={() => answer(true)}>
          {act}
        </Button>
      </div>
    </Dialog>
  )
}
