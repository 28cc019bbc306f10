/// Mounts the console, nothing else.
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import './styles/fonts.css';
import './styles/theme.css';
import './styles/base.css';

const root = document.getElementById('root');
if (root) createRoot(root).render(<App />);
