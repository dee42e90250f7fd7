# ruff: noqa: E501 - tables of words read better unbroken
"""What headings say, in the languages of the lists: the aspects of a column, by its words.

An aspect is what a heading's words speak of. "Vendor address" speaks of a vendor and of an address, and the address
decides. Terms are folded (see `recipe.fold`). A term that ends in * is the stem of a word. Terms in scripts that write
no spaces are found anywhere in a heading.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

TERMS: dict[str, str] = {
    "vendor": """
        vendor vendors|supplier suppliers|manufacturer manufacturers|contractor contractors|company companies|firm firms|
        provider providers|organisation organization|entity entities|bidder tenderer|developer|publisher|licensee|
        awardee|applicant|enterprise|corporation|brand owner|seller|dealer|distributor|producer|maker|business name|
        legal name|trading name|trade name of company|registered name|consultant|csp|service provider|recipient|
        individual or entity|undertaking|oem|partner|member name|proprietor|licence holder|license holder|
        certificate holder|authorisation holder|authorization holder|holder|sanctioned party|tenderer|awarded to|winner|winning bidder|trader|agent|integrator|reseller|
        person|persons|individual|individuals|party|parties|institution|establishment|facility|nom commercial|
        antragsteller*|commanditaire|développeu*|denominación social|nhà thầu|nhà cung cấp|perusahaan|penyedia|
        fournisseur*|société|societe|entreprise*|raison sociale|éditeur|editeur|titulaire|attributaire|fabricant|
        prestataire|dénomination sociale|opérateur|exploitant|soumissionnaire|
        anbieter|lieferant*|hersteller*|unternehmen*|firma|firmen*|firmenname|auftragnehmer*|dienstleister|inhaber|
        betrieb|bieter|
        proveedor*|empresa*|razon social|razón social|contratista*|fabricante*|adjudicatari*|oferente|prestador*|
        licitador|titular|
        fornecedor*|razão social|razao social|contratad*|nome empresarial|nome fantasia|
        fornitore|impresa|ragione sociale|ditta|leverancier*|bedrijf*|leverandør*|leverantör*|toimittaja|dostawc*|
        wykonawc*|firma|dodavatel*|yüklenici|tedarikçi|firma adı|
        производител*|поставщик*|правообладател*|организаци*|предприяти*|компани*|изготовител*|разработчик*|
        подрядчик*|исполнител*|участник*|фирм*|заявител*|держател*|лицензиат*|юридическ* лиц*|вендор*|
        постачальник*|виробник*|
        المورد|الموردين|المورد*|الشركة|الشركات|شركة|اسم الشركة|المصنع|المقاول|المقاولين|المتعهد|المنشأة|المؤسسة|المنتجة|
        ספק|הספק|ספקים|חברה|החברה|שם החברה|יצרן|היצרן|קבלן|הקבלן|זכיין|עוסק|שם התאגיד|
        供应商|供應商|供货商|厂商|廠商|厂家|企业名称|企業名稱|企业|公司|单位名称|單位名稱|生产企业|生产单位|生产厂|制造商|製造商|
        开发商|中标人|中标单位|成交供应商|成交人|投标人|申请人|申请单位|持有人|持证单位|获证组织|委托人|法人名称|机构名称|被处罚|当事人|
        實體名稱|实体名称|代理商|经销商|承包商|研制单位|
        業者名|業者|商号|会社名|会社|企業名|企業|法人名|事業者|製造者|メーカー|ベンダー|ベンダ|供給者|落札者|契約の相手方|契約相手方|受注者|
        提供者|申請者|開発者|開発元|販売元|販売業者|商号又は名称|氏名又は名称|団体名|サプライヤ|ライセンシー|取得者|
        업체|회사|기업|상호|제조사|제조업체|제조자|공급업체|공급사|공급자|업소명|법인명|신청인|계약상대자|개발사|판매사|수급인
    """,
    "product": """
        product products|module modules|software|model|offering offerings|package|solution solutions|application|item|
        goods|device|equipment|cso|service offering|tool|medicine|drug|medicinal product|brand name|program|technology|
        article|component name|project name|project|service|services|model number|model no|model name|
        logiciel*|produit*|désignation|designation|matériel|médicament*|solution*|dispositif|
        produkt*|software|artikel|gerät*|arzneimittel|erzeugnis*|bezeichnung|modell|
        producto*|programa informático|artículo|bien|bienes|equipo|medicamento*|modelo|
        produto*|equipamento|prodotto|prodotti|oprogramowanie|produkty|ürün*|
        програм*|продукт*|товар*|изделие|изделия|оборудован*|по|средств*|лекарств*|препарат*|продукци*|
        المنتج|المنتجات|البرنامج|البرمجيات|الصنف|السلعة|
        מוצר|המוצר|שם המוצר|תוכנה|התוכנה|פריט|דגם|
        产品|產品|软件|軟體|型号|型號|商品|货物名称|系统名称|品名|物品名称|项目名称|标的名称|药品名称|设备名称|
        製品|品名|商品|サービス名|工事名|業務名|件名|機種|型式|ソフトウェア|販売名|品目名|物品名|
        제품|품명|모델|상품|물품명|소프트웨어|품목명|사업명|공사명
    """,
    "name": """
        name names|title|full name|dénomination|trade name|nom noms|intitulé|libellé|titre|name|bezeichnung|nombre|denominación|denominacion|
        nome|denominação|denominazione|nazwa|název|naam|navn|namn|nimi|ad|adı|наименован*|назван*|назва|найменуван*|имя|
        الاسم|اسم|שם|名称|名稱|名字|名前|명칭|이름|姓名|氏名|全称
    """,
    "id": """
        id|identifier|identifiant|code|number|num|nr|reference|ref|key|uid|package id|
        numéro|numero|número|nummer|kennung|kennziffer|código|codigo|codice|numer|
        номер*|код|идентификатор*|реестров*|артикул|
        رقم|الرقم|رمز|מספר|קוד|מזהה|
        编号|編號|号码|號碼|证号|證號|证书号|登记号|登記號|批号|代码|代碼|文号|番号|コード|번호|코드|登録番号
    """,
    "firm": """
        duns|dunsnumber|uei|cage|ein|tin|vat|siren|siret|nif|cif|nit|ruc|rut|cnpj|cuit|inn|ogrn|lei|abn|acn|vat number|
        tax id|tax number|taxpayer|company number|company registration|firm id|company id|supplier id|vendor id|
        business number|
        rfc|nip|kvk|npwp|mã số thuế|codice fiscale|partita iva|fiscal code|naics|бин|инн|огрн|кпп|едрпоу|ח פ|חפ|עוסק מורשה|统一社会信用代码|信用代码|组织机构代码|統一編號|法人番号|사업자등록번호|사업자번호|사업자|
        السجل التجاري
    """,
    "counter": """
        #|no|no.|n°|nº|№|s no|s.no|s/n|sn|sr no|sr|sl no|sl|serial no|serial number|serial|row|line|line no|index|rank|nr|
        lp|l p|ord|item no|item number|item sr no|rowid|
        num ordre|lfd nr|lfd|pos|orden|ord|п п|№ п п|п/п|№ п/п|nn|n п п|
        م|ت|مسلسل|التسلسل|الرقم التسلسلي|מסד|מס|מס ד|מס'|
        序号|序號|序|项次|項次|行号|連番|通番|通し番号|項番|no．|연번|순번|번|일련번호
    """,
    "volatile": """
        last updated|last update|updated|updated at|updated on|last modified|modified|modified at|last checked|retrieved|
        retrieved at|scraped|scraped at|accessed|downloaded|generated|generated at|as of|snapshot date|crawl date|timestamp|
        extracted|last seen|days remaining|age|views|hits|download count|last change|
        mis à jour|mise à jour|dernière mise à jour|date de mise à jour|zuletzt aktualisiert|aktualisiert|stand|
        última actualización|fecha de actualización|última atualização|дата обновлен*|обновлен*|آخر تحديث|עודכן|
        更新时间|更新日期|更新日|更新日時|最終更新|最終更新日|갱신일|최종수정일
    """,
    "category": """
        category categories|sector|class|classification|type|kind|group|pool|lot|segment|family|line of business|area|field|
        product line|section|domain|trade|speciality|specialty|discipline|module type|product type|service model|deployment model|business model|commodity|subject|
        catégorie*|secteur*|type|famille|domaine|classe|rubrique|groupe|
        kategorie|bereich|art|klasse|gruppe|sparte|warengruppe|branche|gewerk|
        categoría*|categoria*|rubro|tipo|clase|familia|grupo|especialidad|ramo|classe|setor|
        категори*|класс|вид|тип|групп*|раздел|отрасл*|направлен*|
        الفئة|فئة|التصنيف|القطاع|النوع|المجال|النشاط|קטגוריה|סוג|תחום|סיווג|קבוצה|ענף|
        类别|類別|分类|分類|类型|類型|品类|品目|种类|行业|所属行业|产品类|種別|種類|工種|業種|区分|部門|カテゴリ|カテゴリー|ジャンル|
        분류|구분|종류|유형|업종|분야|품목
    """,
    "origin": """
        quốc gia|negara|country countries|nationality|country of origin|origin|country of registration|citizenship|jurisdiction|
        pays|nationalité|origine|land|staat|herkunft*|herkunftsland|nationalität|país|pais|nacionalidad|origen|
        nacionalidade|origem|paese|kraj|země|ülke|стран*|гражданств*|происхожден*|
        الدولة|بلد|البلد|الجنسية|المنشأ|بلد المنشأ|מדינה|ארץ|ארץ מקור|לאום|
        国别|國別|国家|國家|国籍|國籍|原产地|原產地|原产国|产地|原産国|原産地|国名|国|국가|국적|원산지|제조국
    """,
    "date": """
        date dates|year|expiry|expires|expiration|valid until|valid from|validity|effective|issued|period|since|until|start|end|
        expir*|deadline|duration|term|time|day|month|archived|created|
        année|annee|annees|depuis|échéance|durée|validité|datum|jahr|gültig*|ablauf*|laufzeit|frist|seit|fecha|año|
        vigencia|vencimiento|plazo|data|ano|validade|vigência|дата|даты|срок*|год|период|действ*|تاريخ|التاريخ|سنة|مدة|
        صلاحية|תאריך|שנה|תוקף|日期|时间|時間|有效期|期限|年度|年份|年月日|入札日|契約日|日付|期間|公告日|発行日|登録日|認証日|
        일자|날짜|기간|년도|유효기간|연도|일시
    """,
    "status": """
        status|state|active|result|results|remark remarks|note notes|comment comments|condition|conditions|outcome|decision|
        approved|eligible|level|rating|score|grade|estatus|niveau|statut|état|remarque*|observation*|bemerkung*|zustand|anmerkung*|
        estado|observacion*|resultado|situación|situação|observações|статус|состояни*|примечан*|результат*|
        الحالة|ملاحظات|סטטוס|מצב|הערות|状态|狀態|备注|備註|结果|備考|結果|状況|評価|等級|等级|총점|상태|비고|결과|등급|점수|点|점
    """,
    "address": """
        địa chỉ|alamat|plaats|sede legale|address|addresses|city|street|postcode|postal|zip|town|region|province|county|location|place|district|headquarters|
        adresse|ville|localité|siège|code postal|commune|anschrift|ort|plz|straße|sitz|dirección|direccion|domicilio|ciudad|
        localidad|endereço|endereco|cidade|município|indirizzo|città|adres|реквизит*|адрес*|город*|регион*|местонахожден*|место|
        العنوان|المدينة|المنطقة|כתובת|עיר|יישוב|地址|住所|所在地|注册地|城市|省份|地区|都道府県|市区町村|주소|소재지|지역
    """,
    "contact": """
        contact contacts|email|e mail|mail|phone|telephone|tel|fax|mobile|person in charge|responsible person|authorized person|authorised person|key person|representative|director|poc|manager|
        contact person|courriel|téléphone|telefon*|ansprechpartner*|kontakt*|correo|teléfono|contacto|contato|telefone|
        e-mail|телефон*|контакт*|почт*|руководител*|факс|هاتف|الهاتف|البريد|جوال|טלפון|דוא|דואל|איש קשר|פקס|
        联系|聯絡|电话|電話|邮箱|传真|法定代表人|法人代表|负责人|代表者|連絡先|メール|担当者|전화|연락처|이메일|대표자|팩스|담당자
    """,
    "link": """
        url|urls|link|links|website|web site|web|homepage|home page|site|document|documents|report|pdf|file|logo|image|
        attachment|download|certificate|security target|path|wikidata|site web|lien|webseite|sitio web|página web|enlace|
        site internet|сайт*|ссылк*|документ*|файл*|الموقع|رابط|אתר|קישור|网址|网站|链接|附件|ホームページ|サイト|添付|홈페이지|파일
    """,
    "amount": """
        amount|price|value|cost|total|sum|quantity|qty|currency|unit|count|percent|rate|budget|fee|size|capacity|packing|
        montant|prix|quantité|betrag|preis|menge|anzahl|wert|importe|precio|cantidad|monto|valor|preço|quantidade|цена|
        сумм*|количеств*|стоимост*|объем*|المبلغ|السعر|القيمة|الكمية|العدد|מחיר|סכום|כמות|金额|价格|数量|单价|金額|価格|単価|
        予定価格|金액|금액|가격|수량|단가|액
    """,
    "description": """
        description|details|detail|specification|specifications|features|function|functionality|purpose|scope|use|usage|
        use case|capabilities|standard|standards|scheme|protection profile|language|version versions|release|
        algorithm*|keyword*|reason|grounds|ground|basis|method|
        fonction|fonctionnalité|fonctionnalite|cas d usage|usage|langue|beschreibung|funktion|zweck|grund|umfang|
        descripción|descripcion|finalidad|motivo|descrição|objeto|objet|gegenstand|описан*|назначен*|характеристик*|
        основани*|причин*|верси*|الوصف|المواصفات|السبب|תיאור|מפרט|סיבה|גרסה|描述|说明|說明|规格|規格|版本|用途|功能|原因|
        性能|仕様|理由|違反|违法|概要|説明|機能|バージョン|方式|내용|설명|규격|버전|용도|사유
    """,
    "buyer": """
        debarred by|sanctioned by|blacklisted by|debarring|agency|authority|buyer|purchaser|client|customer|department|ministry|bureau|office|procuring entity|
        contracting authority|contracting entity|awarding|sponsor|sponsoring agency|lab|laboratory|assessor|certifier|body|
        certification body|issuer|regulator|acheteur|pouvoir adjudicateur|ministère|organisme|auftraggeber|vergabestelle|
        behörde|entidad|órgano|organo|comprador|entidad contratante|órgão|orgao|заказчик*|орган|ведомств*|
        الجهة|الوزارة|הגוף|משרד|采购人|采购单位|採購單位|主管|发证机构|认证机构|发证机关|部门|机关|機關|执法单位|
        発注者|発注機関|部局名|部局|調達機関|認証機関|評価機関|府省|발주기관|수요기관|기관명|기관
    """,
    "brand": """
        brand|brands|make|marque|marke|marca|марка|торгов* марк*|бренд*|العلامة|ماركة|מותג|品牌|ブランド|브랜드
    """,
    "parent": """
        parent|subsidiary|subsidiaries|affiliate*|previous|former|alias|aliases|aka|other names|other name|short name|
        also known as|alternative|similar|related|format|licence type|
        similaire*|alternative*|alias|ancien*|sigle|kurzname|abkürzung|früher*|antigu*|siglas|прежн*|сокращенн*|
        简称|简稱|别名|曾用名|英文|略称|旧称|英語|ふりがな|フリガナ|カナ|약칭|영문
    """,
}
# Which aspect decides when a heading speaks of several, first to last.
ORDER = ("volatile", "contact", "link", "date", "amount", "firm", "origin", "address", "parent", "counter", "id", "category",
         "status", "description", "buyer", "vendor", "product", "brand", "name")  # fmt: skip
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uff66-\uff9d]")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SPLIT = re.compile(r"[^\w#№°]+|_+")
_FOOTNOTE = re.compile(r"(?<=\w)[*†‡§¹²³⁴]+|\[\d{1,3}\]|\((?:optional|if any)\)")


def words(heading: str) -> tuple[str, ...]:
    """A heading's words, folded; camelCase, snake_case and punctuation part them."""
    plain = _CAMEL.sub(" ", _FOOTNOTE.sub(" ", heading)) if not heading.isupper() else _FOOTNOTE.sub(" ", heading)
    plain = unicodedata.normalize("NFKC", plain).casefold().replace("'", " ").replace("’", " ")
    plain = plain.replace("n°", " n° ").replace("no.", " no ").replace("№", " № ")
    return tuple(part for part in _SPLIT.split(plain) if part)


def _compile() -> tuple[dict[tuple[str, ...], set[str]], dict[str, set[str]], dict[str, set[str]], int]:
    phrases: dict[tuple[str, ...], set[str]] = {}
    stems: dict[str, set[str]] = {}
    dense: dict[str, set[str]] = {}
    for aspect, block in TERMS.items():
        for line in block.replace("\n", "|").split("|"):
            text = unicodedata.normalize("NFKC", line).casefold().strip()
            if not text:
                continue
            parts = text.split()
            plural = len(parts) == 2 and parts[1].rstrip("s") and parts[1][:3] == parts[0][:3]
            for term in parts if plural else [text]:
                if _CJK.search(term):
                    dense.setdefault(term, set()).add(aspect)
                elif term.endswith("*") and " " not in term:
                    stems.setdefault(term[:-1], set()).add(aspect)
                else:
                    key = tuple(p for p in _SPLIT.split(term.replace("*", "")) if p) or (term,)
                    phrases.setdefault(key, set()).add(aspect)
    return phrases, stems, dense, max(map(len, phrases))


_PHRASES, _STEMS, _DENSE, _LONGEST = _compile()
_STEM_LENGTHS = sorted({len(stem) for stem in _STEMS}, reverse=True)
_OF_NUMBER = {"certificate", "registration", "licence", "license", "permit", "contract", "file", "reference", "product",
              "catalogue", "document", "approval", "reg", "cert", "authorisation", "authorization", "accreditation",
              "enregistrement", "certificat", "agrément", "listing", "validation", "id", "record", "case", "patent",
              "регистрации", "реестра", "реестровой", "сертификата", "лицензии", "записи"}  # fmt: skip


@lru_cache(maxsize=4096)
def aspects(heading: str) -> Mapping[str, int]:
    """Every aspect that a heading's words speak of, with the place of the last word that says so."""
    parts = words(heading)
    found: dict[str, int] = {}
    if len(parts) > 1 and all("counter" in _PHRASES.get((part,), ()) for part in parts):
        return MappingProxyType({"counter": 0})  # "Sr. #"
    taken = [False] * len(parts)
    for size in range(min(_LONGEST, len(parts)), 0, -1):  # longest phrases first, and each word counts once
        for start in range(len(parts) - size + 1):
            hit = _PHRASES.get(parts[start : start + size])
            if not hit or any(taken[start : start + size]):
                continue
            if size < len(parts):  # "no", "item", "n°" are counters alone, and other things beside other words
                hit = hit - {"counter"}
            for aspect in hit:
                found[aspect] = max(start, found.get(aspect, 0))
            if hit:
                taken[start : start + size] = [True] * size
    for place, part in enumerate(parts):
        if taken[place] or _CJK.search(part):
            continue
        for length in _STEM_LENGTHS:
            if len(part) > length - 1 and (hit := _STEMS.get(part[:length])):
                for aspect in hit:
                    found[aspect] = max(place, found.get(aspect, 0))
                break
        if len(part) > 6 and part.endswith(("nummer", "nr")):
            found["id"] = place
    if _CJK.search(heading):
        found.update(_dense_aspects("".join(parts)))
    if _NUMBER & set(parts):
        if _OF_NUMBER & set(parts):
            found["id"] = len(parts)
            found.pop("link", None)
        elif "of" in parts and parts[0] in {"no", "number"}:
            found.pop("id", None)
            found["amount"] = len(parts)
    return MappingProxyType(found)


def _dense_aspects(text: str) -> dict[str, int]:
    """Aspects of a heading without spaces: longer terms cover shorter ones; a term of one sign counts alone."""
    found: dict[str, int] = {}
    covered: list[tuple[int, int]] = []
    for term in _DENSE_BY_LENGTH:
        start = text.find(term)
        while start >= 0:
            end = start + len(term)
            if (len(term) > 1 or term == text) and not any(a < end and start < b for a, b in covered):
                covered.append((start, end))
                for aspect in _DENSE[term]:
                    found[aspect] = max(start, found.get(aspect, 0))
            start = text.find(term, end)
    if text.endswith(("日", "日期", "年月日", "일")) and "date" not in found:
        found["date"] = len(text)
    if text.endswith(("番号", "编号", "編號", "번호", "证号", "號碼")) and "firm" not in found:
        found["id"] = len(text)
    return found


_DENSE_BY_LENGTH = sorted(_DENSE, key=len, reverse=True)
_NUMBER = {"#", "no", "n°", "nº", "№", "nr", "num", "number", "номер", "numéro", "número", "numero"}
_OF = {"of", "de", "du", "del", "des", "da", "do", "der", "for", "by"}


@lru_cache(maxsize=4096)
def kind(heading: str) -> str:
    """The aspect that decides what a column is; "" where its heading says nothing that is known."""
    if "." in heading and " " not in heading:  # a path in JSON: what its last part says by itself goes first
        last = kind(heading.rpartition(".")[2])
        if last and last not in ("name", "id", "counter", "brand"):
            return last
    found = aspects(heading)
    first = next((aspect for aspect in ORDER if aspect in found), "")
    if first in {"address", "origin", "category"} and {"vendor", "name"} <= found.keys():
        return "vendor"  # "Name and address of the company", "Pool 3 contractor name"
    if (
        first == "contact"
        and {"vendor", "name"} <= found.keys()
        and {"and", "und", "et", "y", "e", "и"} & set(words(heading))
    ):
        return "vendor"
    if first in {"description", "status"} and found.keys() <= {"description", "status", "name"} and "name" in found:
        return "name"  # "Standard name"
    if first == "id" and "vendor" in found and "product" not in found and not _OF_NUMBER & set(words(heading)):
        return "firm"  # "Supplier number" names the supplier, not the entry
    if first == "vendor" and "product" in found:
        # The head of such a name comes last in English and Chinese, first in Romance and Slavic languages.
        parts = words(heading)
        head_first = bool(_OF & set(parts)) or bool(_HEAD_FIRST.search(heading))
        return "vendor" if (found["vendor"] < found["product"]) == head_first else "product"
    return first


def bare_number(heading: str) -> bool:
    """Whether a heading says only "number", which may count rows as well as name entries."""
    return len(words(heading)) == 1 and "".join(words(heading)) in _BARE


_HEAD_FIRST = re.compile(r"[\u0400-\u04ff\u0590-\u06ff]")
_BARE = _NUMBER | {
    "code",
    "nummer",
    "رقم",
    "الرقم",
    "מספר",
    "编号",
    "編號",
    "番号",
    "번호",
    "ref",
    "reference",
    "код",
    "号码",
}


# Suffixes and words by which a value is seen to name a firm.
_FIRM = re.compile(
    r"""(?:\b(?:inc|incorporated|ltd|limited|llc|llp|lp|plc|corp|corporation|co|company|gmbh|ag|kg|ug|se|sarl|sas|sasu|eurl|
    s\.?a\.?|s\.?l\.?u?|s\.?r\.?l|s\.?p\.?a|b\.?v|n\.?v|a/s|aps|oy|oyj|ab|asa|as|ltda|eireli|pty|pte|sdn|bhd|pvt|k\.?k|
    s\.?a\.? de c\.?v|d\.?o\.?o|sp\. z o\.?o|s\.?r\.?o|a\.ş|ооо|оао|зао|пао|ао|фгуп|ип|тов|group|holdings?|technologies|
    systems|solutions|services|international|industries|enterprises?|associates|partners|consult(?:ing|ants)?|
    laborator(?:y|ies)|university|institute|foundation|bank|labs?|networks|software|works|agency)\b\.?)
    |公司|集团|集團|厂$|研究所|研究院|株式会社|有限会社|\(株\)|（株）|㈱|㈲|\(有\)|（有）|合同会社|社団法人|財団法人|組合|주식회사|\(주\)|㈜|
    \bобщество\b|\bакционерн|\bкорпорац|\bзавод\b|\bинститут\b|شركة|مؤسسة|בע["״']?מ|\bחברת?\b""",
    re.I | re.X,
)


def names_firm(value: str) -> bool:
    """Whether a value shows by a suffix or word that it names a firm or an institution."""
    return bool(_FIRM.search(value))
