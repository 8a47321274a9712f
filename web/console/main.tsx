/** The console of operators, in the browser. */
import '../design/tokens.css'
import '../design/base.css'
import '../design/components.css'
import './console.css'
import './federation.css'
import { render } from 'preact'
import { applyTheme } from '../design/theme.tsx'
import { OwnNameContext, ownNameIn } from './own-name.ts'
import { AskProvider } from './parts/ask.tsx'
import { RouterProvider } from './router.tsx'
import { SessionProvider } from './session.tsx'
import { Shell } from './shell.tsx'

applyTheme()
// Before a view puts its own title there.
const ownName = ownNameIn(document.title)
const page = document.getElementById('page')
if (page !== null) {
  render(
    <OwnNameContext.Provider value={ownName}>
      <SessionProvider>
        <RouterProvider>
          <AskProvider>
            <Shell />
          </AskProvider>
        </RouterProvider>
      </SessionProvider>
    </OwnNameContext.Provider>,
    page,
  )
}
