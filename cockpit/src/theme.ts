// SPDX-License-Identifier: LGPL-2.1-or-later
// Light or dark, as Cockpit's shell does it from release 287 to 370: "shell:style" in localStorage is "auto", "dark" or "light";
// the shell sends "cockpit-style" to its frames, and the storage event comes from other windows.
const system = window.matchMedia('(prefers-color-scheme: dark)');

function apply(style = localStorage.getItem('shell:style') || 'auto') {
    const dark = style === 'dark' || (style === 'auto' && system.matches);
    document.documentElement.classList.toggle('pf-v6-theme-dark', dark);
}

window.addEventListener('storage', event => event.key === 'shell:style' && apply());
window.addEventListener('cockpit-style', event => apply((event as CustomEvent<{ style: string }>).detail.style));
system.addEventListener('change', () => apply());
apply();
