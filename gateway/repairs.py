"""What a person should mend: a registry that any part raises to, said once when it begins and once when it is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import structlog

from drivers.model import Clock, Name

log = structlog.get_logger()


class Severity(StrEnum):
    """How urgent a repair is."""

    WARNING = "warning"
    """Nothing is lost yet."""
    ERROR = "error"
    """Something is being lost, or does not work."""


@dataclass(frozen=True, slots=True)
class RepairKind:
    """One sort of repair: what it is called, what to do about it, and what a button beside it does.

    `action` is a path of the API that is posted to, with `{subject}` in it; `act` is the button's words.
    """

    severity: Severity
    title: Name
    hint: Name
    act: Name | None = None
    action: str = ""


KINDS: Mapping[str, RepairKind] = {
    "alarm.overdue": RepairKind(
        Severity.WARNING,
        Name("Alarm belum kembali dari pemeliharaan", "An alarm is overdue from being out of service"),
        Name("Selesaikan perbaikannya, lalu kembalikan alarm itu; atau beri tanggal baru.",
             "Finish the work and return the alarm to service; or give it a new date."),
    ),
    "alarm.chatters": RepairKind(
        Severity.WARNING,
        Name("Alarm berulang-ulang", "An alarm comes and goes all the time"),
        Name("Perbesar `deadband`, atau beri `off_delay` pada aturannya di alarms.yaml.",
             "Enlarge the `deadband`, or give its rule an `off_delay` in alarms.yaml."),
    ),
    "broker.away": RepairKind(
        Severity.WARNING,
        Name("Broker tujuan tidak menjawab", "The broker that we publish to does not answer"),
        Name("Periksa broker dan jaringan. Begitu kembali, semua keadaan diterbitkan lagi.",
             "Check the broker and the network. Once it is back, every state is published again."),
    ),
    "broker.behind": RepairKind(
        Severity.WARNING,
        Name("Penerbitan ke broker tertinggal", "Publishing to the broker is behind"),
        Name("Bila broker sehat, naikkan `backlog_rate` di sinks.yaml.",
             "If the broker is well, raise `backlog_rate` in sinks.yaml."),
    ),
    "broker.login": RepairKind(
        Severity.ERROR,
        Name("Broker tujuan menolak kami", "The broker that we publish to refuses us"),
        Name("Perbaiki login, sertifikat atau `client_id` di sinks.yaml, lalu terapkan konfigurasi.",
             "Correct login, certificates or `client_id` in sinks.yaml, then apply the configuration."),
    ),
    "broker.quarantine": RepairKind(
        Severity.WARNING,
        Name("Bacaan yang ditolak broker", "Readings that the broker refuses"),
        Name("Lihat sebabnya, perbaiki di broker, lalu terbitkan ulang.",
             "Look at the reason, mend it on the broker, then publish them again."),
        Name("Terbitkan ulang", "Publish again"), "sinks/{subject}/replay",
    ),
    "broker.refuses": RepairKind(
        Severity.ERROR,
        Name("Broker menolak topik kami", "The broker refuses topics of ours"),
        Name("Izinkan topik itu pada daftar akses broker; setiap setengah menit dicoba lagi.",
             "Allow these topics in the broker's access list; they are tried again every half minute."),
    ),
    "config.waiting": RepairKind(
        Severity.WARNING,
        Name("Perubahan ambang menunggu orang kedua", "A change of thresholds waits for a second person"),
        Name("Baca perubahannya di bawah, lalu setujui atau tolak. Sampai itu ambang lama berlaku.",
             "Read the change below, then approve or reject it. Until then the old thresholds hold."),
    ),
    "config.unapproved": RepairKind(
        Severity.ERROR,
        Name("Ambang di berkas belum disetujui", "The thresholds in the files are not approved"),
        Name("Terapkan konfigurasi dan mintakan persetujuan orang kedua, atau kembalikan berkasnya.",
             "Apply the configuration and have a second person approve it, or put the files back."),
    ),
    "device.refused": RepairKind(
        Severity.ERROR,
        Name("Perangkat menolak login", "The device refuses the login"),
        Name("Perbaiki sandi pada opsi perangkat, lalu terapkan konfigurasi.",
             "Correct the login in the device's options, then apply the configuration."),
    ),
    "device.wrong": RepairKind(
        Severity.ERROR,
        Name("Perangkat lain yang menjawab", "Another device answers"),
        Name("Periksa kabel dan alamat, atau perbaiki berkas situs.",
             "Check cable and address, or correct the site file."),
    ),
    "device.config": RepairKind(
        Severity.ERROR,
        Name("Konfigurasi perangkat salah", "The device's configuration is wrong"),
        Name("Perbaiki perangkat pada berkas situs.", "Correct the device in the site file."),
    ),
    "device.dropped": RepairKind(
        Severity.ERROR,
        Name("Pesan atau perintah terbuang", "Messages or commands were dropped"),
        Name("Datangnya lebih cepat daripada yang dapat diolah; periksa pencacah perangkat itu.",
             "They came faster than could be handled; look at the device's counters."),
    ),
    "device.rejected": RepairKind(
        Severity.WARNING,
        Name("Ada pesan yang tidak terbaca", "There are messages that cannot be read"),
        Name("Contoh dan sebabnya tampil pada perangkat itu; perbaiki pengirimnya, atau alamat titiknya.",
             "A sample and its reason stand with the device; correct the sender, or the address of the point."),
    ),
    "notify.channel": RepairKind(
        Severity.ERROR,
        Name("Saluran pemberitahuan tidak bekerja", "A notification channel does not work"),
        Name("Baca sebabnya; perbaiki login atau alamatnya di notify.yaml, atau perangkatnya. Yang masih berlaku dicoba"
             " lagi.",
             "Read the reason; correct its login or address in notify.yaml, or the device. What is still worth sending"
             " is tried again."),
    ),
    "point.doubted": RepairKind(
        Severity.WARNING,
        Name("Sensor diragukan", "A sensor is doubted"),
        Name("Kirim petugas memeriksa alatnya. Selama itu ia tidak menaikkan dan tidak menghapus alarm.",
             "Have the instrument looked at. Meanwhile it neither raises nor clears an alarm."),
    ),
    "point.flood": RepairKind(
        Severity.WARNING,
        Name("Titik melapor terlalu sering", "A point reports far too often"),
        Name("Perbaiki alatnya, atau beri titik itu `report`. Alarm dan layar tetap melihat semua bacaan.",
             "Mend the instrument, or give the point a `report`. Alarms and screens still see every reading."),
    ),
    "sink.credentials": RepairKind(
        Severity.ERROR,
        Name("Basis data menolak token", "The database refuses the token"),
        Name("Ganti `token` di sinks.yaml, lalu terapkan konfigurasi. Bacaan tetap di jurnal sampai itu.",
             "Replace `token` in sinks.yaml, then apply the configuration. Readings stay in the journal until then."),
    ),
    "sink.missing": RepairKind(
        Severity.ERROR,
        Name("Bucket atau organisasi tidak ada", "The bucket or the organization does not exist"),
        Name("Buat bucket itu di server, atau perbaiki sinks.yaml. Bacaan tetap di jurnal.",
             "Create the bucket on the server, or correct sinks.yaml. Readings stay in the journal."),
        Name("Buat sekarang", "Create it"), "sinks/{subject}/bucket",
    ),
    "sink.refuses": RepairKind(
        Severity.ERROR,
        Name("Basis data menolak semua baris", "The database refuses every row"),
        Name("Baca kalimat server; jenis kolom yang bentrok diatasi dengan `measurement` lain di sinks.yaml.",
             "Read the server's sentence; a conflict of field types is solved by another `measurement` in sinks.yaml."),
    ),
    "sink.away": RepairKind(
        Severity.WARNING,
        Name("Basis data tidak menjawab", "The database does not answer"),
        Name("Periksa server dan jaringan. Bacaan tetap di jurnal dan menyusul sendiri.",
             "Check the server and the network. Readings stay in the journal and catch up by themselves."),
    ),
    "sink.behind": RepairKind(
        Severity.WARNING,
        Name("Basis data tertinggal", "The database is behind"),
        Name("Bila server sehat, naikkan `backlog_rate` di sinks.yaml.",
             "If the server is well, raise `backlog_rate` in sinks.yaml."),
    ),
    "sink.filling": RepairKind(
        Severity.ERROR,
        Name("Jurnal segera penuh", "The journal will soon be full"),
        Name("Pulihkan server itu, atau hapus dari sinks.yaml. Setelah penuh, barisnya diambil dari bacaan mentah.",
             "Bring that server back, or take it out of sinks.yaml. Once full, its rows come from the raw readings."),
    ),
    "sink.old": RepairKind(
        Severity.WARNING,
        Name("Basis data membuang baris lama", "The database drops old rows"),
        Name("Perpanjang masa simpan bucket; jurnal tetap menyimpan bacaan itu.",
             "Lengthen the bucket's retention; the journal still has these readings."),
    ),
    "sink.quarantine": RepairKind(
        Severity.WARNING,
        Name("Baris yang ditolak basis data", "Rows that the database refuses"),
        Name("Lihat sebabnya, perbaiki di server, lalu kirim ulang.",
             "Look at the reason, mend it on the server, then write them again."),
        Name("Kirim ulang", "Write again"), "sinks/{subject}/replay",
    ),
    "store.dropped": RepairKind(
        Severity.ERROR,
        Name("Bacaan terbuang", "Readings were dropped"),
        Name("Cakram tidak sanggup mengikuti; periksa ruang dan kesehatannya.",
             "The disk did not keep up; look at its space and its health."),
    ),
    "store.refused": RepairKind(
        Severity.ERROR,
        Name("Ada yang tidak dapat disimpan", "Something cannot be stored"),
        Name("Setel jam sensor itu; bila tetap terjadi, kirim log ini kepada pengembang.",
             "Set the sensor's clock; if it stays so, send the log to the developers."),
    ),
    "store.unsent": RepairKind(
        Severity.ERROR,
        Name("Bacaan hilang sebelum sampai ke basis data", "Readings went before a database had them"),
        Name("Pulihkan server tujuan; perpanjang masa simpan bacaan mentah bila server sering mati lama.",
             "Bring the server back; keep raw readings for longer if it is often away for long."),
    ),
    "store.space": RepairKind(
        Severity.WARNING,
        Name("Bacaan tertua dibuang karena ruang habis", "The oldest readings go for want of space"),
        Name("Beri ruang lebih besar bagi berkas simpanan; menit dan jamnya tetap ada.",
             "Allow the store's file more room; their minutes and hours stay."),
    ),
    "store.quarantine": RepairKind(
        Severity.WARNING,
        Name("Bagian jurnal tidak terbaca", "A part of the journal cannot be read"),
        Name("Bagian itu disisihkan di basis data; periksa kesehatan cakram.",
             "It is set aside in the database; look at the disk's health."),
    ),
    "store.unwritable": RepairKind(
        Severity.ERROR,
        Name("Cakram tidak menerima tulisan", "The disk takes no writes"),
        Name("Kosongkan ruang cakram, atau periksa kesehatannya. Bacaan menunggu di memori.",
             "Free space on the disk, or look at its health. Readings wait in memory."),
    ),
}  # fmt: skip
"""Every sort of repair; what is not in it cannot be raised."""


@dataclass(frozen=True, slots=True)
class Repair:
    """Something that is wrong with `subject` since `since` (UTC ns); `over`: it is mended."""

    kind: str
    subject: str
    since: int
    detail: str = ""
    over: bool = False

    @property
    def id(self) -> str:
        """Return what it is called: one of a kind for each subject."""
        return f"{self.kind}:{self.subject}"

    @property
    def about(self) -> RepairKind:
        """Return its title and what to do."""
        return KINDS[self.kind]

    @property
    def action(self) -> str:
        """Return the path of the API that a button posts to; empty: a person must act elsewhere."""
        return self.about.action.format(subject=self.subject)


class Repairs:
    """What stands open; raising and clearing as often as one likes is harmless."""

    def __init__(self, *, clock: Clock, publish: Callable[[Sequence[object]], None]) -> None:
        self._clock = clock
        self._publish = publish
        self._open: dict[str, Repair] = {}

    def open(self) -> list[Repair]:
        """Return what stands open, the worst first, then the oldest."""
        return sorted(self._open.values(), key=lambda each: (each.about.severity is Severity.WARNING, each.since))

    def needed(self, kind: str, subject: str, detail: str = "") -> None:
        """Raise a repair of one of KINDS; one that stands open takes the new detail, and its age stays."""
        fresh = Repair(kind, subject, self._clock.now(), detail)
        known = self._open.get(fresh.id)
        if known is not None and known.detail == detail:
            return
        repair = replace(known, detail=detail) if known is not None else fresh
        if known is None:
            level = log.error if repair.about.severity is Severity.ERROR else log.warning
            level("repair needed", repair=kind, subject=subject, what=repair.about.title.en, detail=detail)
        self._open[repair.id] = repair
        self._publish([repair])

    def done(self, kind: str, subject: str) -> None:
        """Clear a repair; one that does not stand open is none."""
        repair = self._open.pop(f"{kind}:{subject}", None)
        if repair is None:
            return
        lasted = (self._clock.now() - repair.since) / 1e9
        log.info("repair done", repair=kind, subject=subject, after_s=round(lasted))
        self._publish([replace(repair, over=True)])

    def settle(self, kind: str, subject: str, detail: str | None) -> None:
        """Raise the repair with `detail`, or clear it when there is none."""
        if detail is None:
            self.done(kind, subject)
        else:
            self.needed(kind, subject, detail)

    def forget(self, family: str, subject: str) -> None:
        """Clear every repair `family.…` about a subject that is no more."""
        for repair in self.open():
            if repair.subject == subject and repair.kind.startswith(f"{family}."):
                self.done(repair.kind, subject)
