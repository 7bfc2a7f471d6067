"""A printed record as a PDF file, where WeasyPrint and its libraries are installed. Reads no file and no address but those it is given."""

from __future__ import annotations

from collections.abc import Callable

from engine.errors import ConflictError

#: scheme by which an article names its pictures
PICTURE = "record-file:"


class PdfUnavailableError(ConflictError):
    """Expected WeasyPrint with its libraries, but they are not here."""

    code = "pdf_unavailable"
    sentence = "此處無法產生 PDF：{reason}請改用瀏覽器列印。"


def write_pdf(page: str, picture: Callable[[int], tuple[bytes, str]]) -> bytes:
    """The PDF of a whole page. `picture` gives the content and media type of a file named `record-file:<id>`; nothing else is fetched.

    PdfUnavailableError says what to install, and that the browser prints the same.
    """
    try:
        import weasyprint  # noqa: PLC0415 - an extra of the installation
        from weasyprint.urls import URLFetcher, URLFetcherResponse  # noqa: PLC0415
    except (ImportError, OSError) as error:
        # OSError: the package is there, Pango is not
        raise PdfUnavailableError(reason="伺服器沒有安裝 WeasyPrint 或它需要的程式庫（Pango）。") from error

    class OnlyPictures(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: object = None) -> object:
            number = url.removeprefix(PICTURE)
            if number == url or not number.isdigit():
                raise ValueError(f"records fetch nothing: {url[:80]}")
            body, media_type = picture(int(number))
            return URLFetcherResponse(url, body, {"Content-Type": media_type})

    document = weasyprint.HTML(string=page, url_fetcher=OnlyPictures())
    found: bytes = document.write_pdf()
    return found
