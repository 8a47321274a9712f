/** The search page and the pages of agents, in the browser. */
import '../design/tokens.css'
import '../design/base.css'
import '../design/components.css'
import './search.css'
import './agent/agent.css'
import { render } from 'preact'
import { applyTheme } from '../design/theme.tsx'
import { App } from './app.tsx'

applyTheme()
// The registry puts its name there, before there is a page.
const ownName = document.title
const page = document.getElementById('page')
if (page !== null) render(<App ownName={ownName} />, page)
