/// Mounts the console, nothing else.
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import './styles/fonts.css';
import './styles/theme.css';
import './styles/elements.css';
import './styles/controls.css';
import './styles/overlays.css';
import './styles/sheets.css';
import './styles/states.css';
import './styles/tables.css';

const root = document.getElementById('root');
if (root) createRoot(root).render(<App />);
