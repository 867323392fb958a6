"""The one page that a browser is given. It loads nothing from elsewhere, and all addresses in it
are relative, so that it works below whatever path a proxy puts it.
"""

from __future__ import annotations

import html

#: Of textual-serve, which draws the terminal (xterm.js) and talks over the websocket.
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="static/css/xterm.css">
<script src="static/js/textual.js"></script>
<style>
@font-face {{
  font-family: "Roboto Mono"; font-weight: 100 700;
  src: url("static/fonts/RobotoMono-VariableFont_wght.ttf");
}}
html, body {{ margin: 0; height: 100%; background: #0c181f; color: #e0e0e0; overflow: hidden; }}
body {{ font-family: "Roboto Mono", monospace; }}
.textual-terminal {{ width: 100vw; height: 100vh; }}
#said {{
  display: none; position: absolute; inset: 0; z-index: 20; align-items: center;
  justify-content: center; flex-direction: column; background: #0c181fd0;
}}
body.-closed #said {{ display: flex; }}
#said p {{ max-width: 40em; margin: 1em; line-height: 1.5; }}
button {{ font: inherit; padding: .6em 1.5em; }}
</style>
</head>
<body>
<div id="terminal" class="textual-terminal" data-font-size="16"></div>
<div id="said">
<p>The app has been left, or the connection is gone. A campaign that ran in it goes on; open the app
again to see it.</p>
<button type="button" id="start">Open it again</button>
</div>
<script nonce="{nonce}">
const here = new URL("ws", window.location.href.split(/[?#]/)[0]);
here.protocol = here.protocol === "https:" ? "wss:" : "ws:";
document.getElementById("terminal").dataset.sessionWebsocketUrl = here.href;
document.getElementById("start").onclick = () => window.location.reload();
const size = Number(new URLSearchParams(window.location.search).get("fontsize"));
if (size >= 6 && size <= 60) document.getElementById("terminal").dataset.fontSize = size;
</script>
</body>
</html>
"""


def page(title: str, nonce: str) -> str:
    """Return the page; `nonce` is what the policy sent with it allows its own script by."""
    return _PAGE.format(title=html.escape(title), nonce=nonce)


def policy(nonce: str) -> str:
    """Return the content security policy of the page."""
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline';"
        " font-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:;"
        " frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
    )
