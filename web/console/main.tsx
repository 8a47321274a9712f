/** The console of operators, in the browser. */
import '../design/tokens.css'
import '../design/base.css'
import '../design/components.css'
import './console.css'
import './federation.css'
import { render } from 'preact'
import { applyTheme } from '../design/theme.tsx'
import { AskProvider } from './parts/ask.tsx'
import { RouterProvider } from './router.tsx'
import { SessionProvider } from './session.tsx'
import { Shell } from './shell.tsx'

applyTheme()
const page = document.getElementById('page')
if (page !== null) {
  render(
    <SessionProvider>
      <RouterProvider>
        <AskProvider>
          <Shell />
        </AskProvider>
      </RouterProvider>
    </SessionProvider>,
    page,
  )
}
