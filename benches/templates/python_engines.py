"""The pages of src/main.rs in Jinja2 and Django: one round, a line per engine and page. Called by run.py."""
import os
import time

import django
import jinja2
from django.conf import settings
from django.template import loader

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "templates")
settings.configure(TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [HERE]}])
django.setup()
JINJA = jinja2.Environment(loader=jinja2.FileSystemLoader(HERE), autoescape=True)

DATA = {
    "title": "Posts & things",
    "rows": [
        dict(id=i, title=f'Post <{i}> on "secure" frameworks & more', author=f"Author O'Name {i}",
             score=(i * 37) % 101, email=f"user{i}@example.com", hot=i % 7 == 0)
        for i in range(100)
    ],
    "fortunes": [
        dict(id=i, message=f'Fortune number {i}: <script>alert("XSS {i}");</script> & so on') for i in range(12)
    ],
}

for page, file, times in [("rows", "page.html", 30), ("fortunes", "fortunes.html", 200)]:
    for engine, template in [("jinja2", JINJA.get_template(file)), ("django", loader.get_template(file))]:
        size = len(template.render(DATA).encode())  # warm
        start = time.perf_counter()
        for _ in range(times):
            template.render(DATA)
        print(f"{page}\t{engine}\t{(time.perf_counter() - start) / times * 1e6:.2f}\t{size}")
