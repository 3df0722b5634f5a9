import { mount } from 'svelte';

import './style/tokens.css';
import './style/base.css';
import App from './App.svelte';
import { readSettings } from './api/settings';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
// Whether somebody has to sign in is known before anything is asked.
await readSettings();
mount(App, { target });
